/** Tells the format of a model file by its first bytes; the name is never trusted. */

export type ModelFormat = 'onnx' | 'ort' | 'ir' | 'tflite';

/** Bytes of the start of a file that are enough for `detectModelFormat`. */
export const FORMAT_HEAD_BYTES = 4096;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Wire type of each field of ONNX's ModelProto. */
const MODEL_FIELDS: ReadonlyMap<number, number> = new Map([
  [1, VARINT], // ir_version
  [2, LENGTH_DELIMITED], // producer_name
  [3, LENGTH_DELIMITED], // producer_version
  [4, LENGTH_DELIMITED], // domain
  [5, VARINT], // model_version
  [6, LENGTH_DELIMITED], // doc_string
  [7, LENGTH_DELIMITED], // graph
  [8, LENGTH_DELIMITED], // opset_import
  [14, LENGTH_DELIMITED], // metadata_props
  [20, LENGTH_DELIMITED], // training_info
  [25, LENGTH_DELIMITED], // functions
  [26, LENGTH_DELIMITED], // configuration
]);
const LAST_FIELD = 26;

/**
 * The format of a model from its first bytes (4096 are enough, fewer when the file is shorter), or `undefined`.
 * 'onnx' means that the bytes can be the start of one: reading it tells.
 */
export function detectModelFormat(head: Uint8Array): ModelFormat | undefined {
  const identifier = ascii(head, 4, 8);
  if (identifier === 'ORTM') return 'ort';
  if (identifier === 'TFL3') return 'tflite';
  if (startsLikeIr(head)) return 'ir';
  return startsLikeOnnx(head) ? 'onnx' : undefined;
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

/** OpenVINO IR is XML, written with or without the declaration. */
function startsLikeIr(head: Uint8Array): boolean {
  let at = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  while ([0x09, 0x0a, 0x0d, 0x20].includes(head[at] ?? 0)) at++;
  return ascii(head, at, at + 5) === '<?xml' || /^<net[\s>]$/.test(ascii(head, at, at + 5));
}

/**
 * Follows the fields that start within `head`; one that reaches beyond it ends the look. The first must be one of
 * ModelProto's; later ones may be unknown, as a later version of ONNX may bring them.
 */
function startsLikeOnnx(head: Uint8Array): boolean {
  let at = 0;
  while (at < head.length) {
    const tag = varint(head, at);
    if (tag === undefined) return at > 0;
    const field = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    const expected =
      MODEL_FIELDS.get(field) ?? (at > 0 && field > LAST_FIELD ? wireType : undefined);
    if (wireType !== expected) return false;
    if (wireType === FIXED64 || wireType === FIXED32) {
      at = tag.end + (wireType === FIXED64 ? 8 : 4);
      continue;
    }
    if (wireType !== VARINT && wireType !== LENGTH_DELIMITED) return false;
    const value = varint(head, tag.end);
    // Cut within the number: nothing speaks against it.
    if (value === undefined) return head.length - tag.end < 10;
    at = wireType === VARINT ? value.end : value.end + value.value;
  }
  return head.length > 0;
}

/** An unsigned varint of at most ten bytes; values beyond 2^53 lose digits, which does not matter here. */
function varint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  return undefined;
}
