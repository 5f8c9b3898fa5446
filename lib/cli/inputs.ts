/** Turns the --input options into feeds: which file or word goes to which input of the model. */

import { existsSync } from 'node:fs';

import { didYouMean, EngineryError } from '../common/index.js';
import type { TensorContent } from '../tensor/index.js';
import type { ShapesByInput } from './arguments.js';
import { convertTensor, type Conversion } from './convert.js';
import { readInputFile, type InputFile } from './input-file.js';
import { createRandom, type Random } from './random.js';
import { concreteDims, randomTensor, zeroTensor, type ModelInput } from './synthetic.js';

export interface InputOptions {
  /** `name=file`, a bare file, `random` or `zeros`, in the order given. */
  readonly inputs: readonly string[];
  readonly shapes: ShapesByInput;
  readonly seed: number;
  readonly conversion: Conversion;
}

function usageError(message: string): EngineryError {
  return new EngineryError('INVALID_ARGUMENT', message);
}

function listed(inputs: readonly ModelInput[]): string {
  return inputs.map(({ name }) => `"${name}"`).join(', ');
}

/** The sizes given for each input by name; refuses names the model does not have. */
export function shapesOfInputs(
  shapes: ShapesByInput,
  inputs: readonly ModelInput[],
): Map<string, number[]> {
  const byName = new Map<string, number[]>();
  for (const [given, dims] of shapes) {
    if (given === '' && inputs.length > 1) {
      const example = `${inputs[0]?.name ?? ''}:${dims.join('x')}`;
      throw usageError(
        `expected --shape name:sizes, such as --shape ${example}: the model has ${inputs.length} inputs (${listed(inputs)})`,
      );
    }
    const name = given === '' ? (inputs[0]?.name ?? '') : given;
    if (!inputs.some((input) => input.name === name)) {
      const hint = didYouMean(
        given,
        inputs.map((input) => input.name),
      );
      throw usageError(
        `expected an input of the model for --shape, got "${given}"; inputs: ${listed(inputs)}${hint}`,
      );
    }
    byName.set(name, dims);
  }
  return byName;
}

/** `name=value` where name is an input of the model, else a bare value. */
function splitInput(text: string, inputs: readonly ModelInput[]): { name?: string; value: string } {
  const named = inputs.find((input) => text.startsWith(`${input.name}=`));
  if (named !== undefined) return { name: named.name, value: text.slice(named.name.length + 1) };
  const at = text.indexOf('=');
  if (at <= 0 || existsSync(text)) return { value: text };
  const wrong = text.slice(0, at);
  const hint = didYouMean(
    wrong,
    inputs.map((input) => input.name),
  );
  throw usageError(
    `expected an input of the model before "=", got "${wrong}"; inputs: ${listed(inputs)}${hint}`,
  );
}

class FeedBuilder {
  readonly #inputs: readonly ModelInput[];
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #conversion: Conversion;
  readonly #random: Random;
  readonly feeds = new Map<string, TensorContent>();

  constructor(inputs: readonly ModelInput[], options: InputOptions) {
    this.#inputs = inputs;
    this.#shapes = shapesOfInputs(options.shapes, inputs);
    this.#conversion = options.conversion;
    this.#random = createRandom(options.seed);
  }

  missing(): ModelInput[] {
    return this.#inputs.filter((input) => !this.feeds.has(input.name));
  }

  /** Every input that has no value yet, in the model's order. */
  fill(word: 'random' | 'zeros', inputs: readonly ModelInput[]): void {
    for (const input of inputs) {
      const dims = concreteDims(input, this.#shapes.get(input.name));
      this.feeds.set(
        input.name,
        word === 'zeros' ? zeroTensor(input, dims) : randomTensor(input, dims, this.#random),
      );
    }
  }

  /** A file for one input, or, for a file of several named tensors, for all of them. */
  add(file: InputFile, name: string | undefined): void {
    if (file.tensors !== undefined && name === undefined) {
      this.#addNamed(file, file.tensors);
      return;
    }
    const input = this.#target(file, name);
    const label = `input "${input.name}" (${file.path})`;
    const content = file.tensorFor(input, this.#shapes.get(input.name));
    this.#set(input, convertTensor(content, input.type, label, this.#conversion));
  }

  #addNamed(file: InputFile, tensors: readonly string[]): void {
    for (const name of tensors) {
      const input = this.#inputs.find((known) => known.name === name);
      if (input === undefined) {
        const only = tensors.length === 1 && this.#inputs.length === 1;
        const hint = only ? `; write --input ${this.#inputs[0]?.name ?? ''}=${file.path}` : '';
        throw usageError(
          `expected tensors named as the model's inputs (${listed(this.#inputs)}) in ${file.path}, got "${name}"${hint}`,
        );
      }
      this.add(file.member(name), input.name);
    }
  }

  #target(file: InputFile, name: string | undefined): ModelInput {
    const input =
      name === undefined ? this.#inputs[0] : this.#inputs.find((known) => known.name === name);
    if (input === undefined || (name === undefined && this.#inputs.length > 1)) {
      throw usageError(
        `expected name=${file.path}: the model has ${this.#inputs.length} inputs (${listed(this.#inputs)})`,
      );
    }
    return input;
  }

  #set(input: ModelInput, content: TensorContent): void {
    if (this.feeds.has(input.name))
      throw usageError(`expected one value for input "${input.name}", got two`);
    this.feeds.set(input.name, content);
  }
}

/** Reads every input of the model. `ERR_ENGINERY_INVALID_ARGUMENT` names the input and the file. */
export async function readFeeds(
  inputs: readonly ModelInput[],
  options: InputOptions,
): Promise<Map<string, TensorContent>> {
  const builder = new FeedBuilder(inputs, options);
  let filler: 'random' | 'zeros' | undefined;
  for (const text of options.inputs) {
    const { name, value } = splitInput(text, inputs);
    if (value === 'random' || value === 'zeros') {
      if (name === undefined) filler = value;
      else
        builder.fill(
          value,
          inputs.filter((input) => input.name === name),
        );
      continue;
    }
    builder.add(await readInputFile(value), name);
  }
  // A bare word fills what is left, whatever its place in the command.
  if (filler !== undefined) builder.fill(filler, builder.missing());
  const missing = builder.missing();
  if (missing.length > 0) {
    throw usageError(
      `expected a value for every input, got none for ${listed(missing)}; give --input name=file, or --input random to try the model out`,
    );
  }
  return builder.feeds;
}
