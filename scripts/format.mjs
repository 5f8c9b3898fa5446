// @ts-check
/** `npm run format`: writes what the formatters want; paths limit Prettier to them. */

import { clangFormat } from './clang.mjs';
import { bringGroups } from './deps.mjs';
import { localBin, root } from './paths.mjs';
import { show } from './process.mjs';

const paths = process.argv.slice(2);
const prettier = show(
  localBin('prettier'),
  ['--write', '--log-level=warn', ...(paths.length > 0 ? paths : ['.'])],
  { cwd: root },
);
await bringGroups(['lint']);
const clang = paths.length > 0 ? 0 : clangFormat('write');
process.exitCode = prettier || clang;
