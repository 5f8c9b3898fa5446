/** How a failure looks on the terminal: its code, what is wrong, what to do, and with --verbose where it came from. */

import { inspect } from 'node:util';

import {
  errorCodeSuffix,
  isCodedError,
  messageFromUnknown,
  type ErrorCodeSuffix,
} from '../common/index.js';
import type { Style } from '../report/index.js';

/** What to do next, where the message alone does not say it. */
const FIXES: Readonly<Partial<Record<ErrorCodeSuffix, string>>> = Object.freeze({
  MODEL_INVALID:
    'check the file; enginery inspect reads the same formats: ONNX, OpenVINO IR (.xml), TFLite',
  MODEL_UNSUPPORTED:
    'enginery inspect lists the operators; other providers may have them: --provider openvino,cpu',
  RUNTIME_NOT_FOUND: 'enginery doctor tells what is missing and how to install it',
  RUNTIME_SYMBOL:
    'enginery doctor tells which library is in use; enginery setup openvino brings a known one',
  RUNTIME_VERSION: 'enginery setup openvino brings a version that fits',
  ADDON_LOAD: 'enginery doctor tells why the native addon does not load',
  DEVICE_UNAVAILABLE: 'enginery doctor lists the devices; choose one with --device',
  INTERNAL: 'this is a bug of enginery: please report it with the output of --verbose',
});

/** Messages that number their fixes or name our command say themselves what to do. */
const OWN_FIX = /\n|\b1\. |enginery (?:doctor|setup)/u;

function causes(error: unknown): string[] {
  const texts: string[] = [];
  let current: unknown = error instanceof Error ? error.cause : undefined;
  while (current !== undefined && texts.length < 8) {
    texts.push(
      `caused by: ${current instanceof Error ? (current.stack ?? current.message) : inspect(current)}`,
    );
    current = current instanceof Error ? current.cause : undefined;
  }
  return texts;
}

/** The block for stderr, without a newline at the end. */
export function failureText(error: unknown, style: Style, isVerbose: boolean): string {
  const code = isCodedError(error) ? error.code : 'ERR_ENGINERY_INTERNAL';
  const lines = [`${style.bad('error')} ${code}: ${messageFromUnknown(error)}`];
  const fix = FIXES[errorCodeSuffix(code) ?? 'INTERNAL'];
  if (fix !== undefined && !OWN_FIX.test(messageFromUnknown(error)))
    lines.push(`${style.bold('fix')}   ${fix}`);
  if (isVerbose) {
    if (error instanceof Error && error.stack !== undefined) lines.push(style.dim(error.stack));
    lines.push(...causes(error).map((text) => style.dim(text)));
  }
  return lines.join('\n');
}
