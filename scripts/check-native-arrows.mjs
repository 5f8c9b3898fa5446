// @ts-check
/** The arrows between the rooms of native/ (CONVENTIONS section 1), read from its #include lines. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { root } from './paths.mjs';

/** Rooms by number: a room includes lower ones and itself, never one of its own number. */
const LEVELS = { base: 0, runtime: 1, cuda: 1, openvino: 2, tensorrt: 2, addon: 3 };

/** Headers of others, and the one place that may include each. */
const OWNERS = [
  { header: /^(napi\.h|node_api\.h|js_native_api\.h|uv\.h)$/, owner: /^addon\/napi_config\.h$/ },
  { header: /^openvino\/c\//, owner: /^openvino\// },
  { header: /(^|\/)Nv(Infer|Onnx)/, owner: /^tensorrt\// },
  { header: /^cuda(_runtime(_api)?)?\.h$/, owner: /^cuda\// },
];

/**
 * @param {string} file Path below native/.
 * @param {string} text
 * @returns {string[]} What is wrong, one line each.
 */
export function wrongArrows(file, text) {
  const levels = new Map(Object.entries(LEVELS));
  const room = file.split('/')[0] ?? '';
  const level = levels.get(room);
  if (level === undefined) return [`native/${file}: ${room} is no room of native/`];
  return [...text.matchAll(/^\s*#\s*include\s*([<"])([^>"]+)[>"]/gm)].flatMap((match) => {
    const [, bracket, header = ''] = match;
    const owner = OWNERS.find((rule) => rule.header.test(header));
    if (owner !== undefined && !owner.owner.test(file)) {
      return [`native/${file}: only ${owner.owner.source} includes ${header}`];
    }
    if (bracket === '<') return [];
    const other = header.split('/')[0] ?? '';
    const otherLevel = levels.get(other);
    if (otherLevel === undefined || !header.includes('/')) {
      return [
        `native/${file}: expected a path from native/, like "base/status.h", got "${header}"`,
      ];
    }
    return other === room || otherLevel < level
      ? []
      : [`native/${file}: ${room}/ must not include ${header} (${other}/ is not below it)`];
  });
}

/** @returns {string[]} */
export function checkNativeArrows() {
  const folder = join(root, 'native');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(h|cc)$/.test(file))
    .sort()
    .flatMap((file) => wrongArrows(file, readFileSync(join(folder, file), 'utf8')));
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  const wrong = checkNativeArrows();
  for (const line of wrong) console.error(line);
  console.log(`native arrows: ${wrong.length} wrong`);
  if (wrong.length > 0) process.exitCode = 1;
}
