/** The models that are measured: where their files are, which sizes are fixed, and what they are fed. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { createRandom } from '../../lib/cli/random.js';
import { randomTensor } from '../../lib/cli/synthetic.js';
import { isDtype } from '../../lib/common/index.js';
import { readModelOutline } from '../../lib/onnx/index.js';
import { root } from './contestant.js';
import type { FeedFile } from './protocol.js';

/** Precision of a file's weights; 'int8' is measured where such a file lies beside the float32 one. */
export type Variant = 'fp32' | 'int8';

export interface Subject {
  readonly name: string;
  readonly files: ReadonlyMap<Variant, string>;
  /** The file's symbolic sizes, made fixed for every contestant. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly feeds: readonly FeedFile[];
}

/** Symbolic sizes of the models by name; a size that is not here is 1. */
const SIZES: Readonly<Record<string, number>> = Object.freeze({ batch: 1, sequence: 128 });

/** What is measured when nothing is named. */
export const USUAL_MODELS = Object.freeze([
  'add',
  'mobilenet-v2-160',
  'mobilenet-v2-224',
  'resnet-50',
  'encoder-6x384',
]);

const madeFolder = join(root, 'build', 'models');

/** A name's float32 file: small models are committed, large ones made by `npm run models`, anything else is a path. */
function pathOf(name: string): string {
  const small = join(root, 'models', 'small', `${name}.onnx`);
  if (existsSync(small)) return small;
  const made = join(madeFolder, `${name}.onnx`);
  return existsSync(made) ? made : resolve(name);
}

/** A name's files, by their weights; throws for a name that is no model. */
export function filesOf(name: string): ReadonlyMap<Variant, string> {
  const path = pathOf(name);
  if (!existsSync(path)) {
    throw new Error(
      `expected a model's path or one of ${USUAL_MODELS.join(', ')}, got ${name}: there is no ${path}`,
    );
  }
  const int8 = path.replace(/\.onnx$/, '.int8.onnx');
  const files = new Map<Variant, string>([['fp32', path]]);
  if (int8 !== path && existsSync(int8)) files.set('int8', int8);
  return files;
}

/** Makes the feeds of a model and writes them to `folder`, where every contestant reads them. */
export async function subjectOf(name: string, folder: string): Promise<Subject> {
  const files = filesOf(name);
  const path = files.get('fp32') ?? '';
  const { inputs } = await readModelOutline(path);
  const title = basename(name, '.onnx');
  const feedFolder = join(folder, title);
  mkdirSync(feedFolder, { recursive: true });
  const sizes: Record<string, number> = {};
  const random = createRandom(1);
  const feeds = inputs.map((input, i): FeedFile => {
    const { elementType: type, shape } = input;
    if (!isDtype(type) || type === 'string' || shape === undefined) {
      throw new Error(`expected numbers of a known rank for input '${input.name}' of ${path}`);
    }
    const dims = shape.map((dim) => {
      if (typeof dim === 'number') return dim;
      sizes[dim] = SIZES[dim] ?? 1;
      return sizes[dim];
    });
    const { data } = randomTensor({ name: input.name, type, shape }, dims, random);
    const bytes = data as Exclude<typeof data, readonly string[]>;
    // A text encoder's mask is all ones and its token types are zeros; random ids below 10 are words.
    if (bytes instanceof BigInt64Array && /mask/.test(input.name)) bytes.fill(1n);
    if (bytes instanceof BigInt64Array && /type/.test(input.name)) bytes.fill(0n);
    const file = join(feedFolder, `${i}.bin`);
    writeFileSync(file, bytes);
    return { name: input.name, type, dims, file };
  });
  return { name: title, files, sizes, feeds };
}
