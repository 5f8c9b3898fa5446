/**
 * Walks the protobuf wire format of an ONNX model without loading it: keeps what `wire-rules.ts` names, skips the rest,
 * and notes of each tensor where its values lie. The result is a small ModelProto for the generated decoder.
 */

import { TENSOR_FIELD } from './data-type.js';
import {
  MAX_GRAPH_DEPTH,
  MAX_KEPT_BYTES,
  MAX_KEPT_FIELDS,
  MAX_MESSAGE_DEPTH,
  MAX_MESSAGES,
  MAX_NODES,
  MAX_TENSORS,
} from './limits.js';
import { EXPORT_AGAIN, invalidModel, unsupportedModel } from './model-error.js';
import type { ModelWindow } from './model-window.js';
import { ReducedWriter } from './reduced-writer.js';
import { pause } from './time-slices.js';
import { MODEL_RULES, type FieldRule, type MessageRules } from './wire-rules.js';

/** Values of one tensor, as far as they show without reading them. */
export interface TensorPayload {
  /** `raw_data` in the file; `undefined` when the field is absent. */
  raw: { readonly offset: number; readonly length: number } | undefined;
  /** Entries of the typed fields by field number: a packed varint takes one to ten bytes, so there is a range. */
  entries: Map<number, { least: number; most: number }> | undefined;
  /** Bytes of all `string_data`. */
  stringBytes: number;
}

/** A model without its values. `raw_data` of each tensor is its index in `payloads`, four bytes, little-endian. */
export interface ReducedModel {
  /** Parts that make the model when they are merged in this order. */
  readonly pieces: readonly Uint8Array[];
  readonly payloads: readonly TensorPayload[];
  /** What decoding the values of the whole model would cost: see MAX_DECODING_COST. */
  readonly decodingCost: number;
}

interface Frame {
  readonly rules: MessageRules;
  /** Where the message ends in the file. */
  readonly end: number;
  /** Where its length goes in the reduced model; -1 for the model itself and for packed numbers. */
  lengthAt: number;
  readonly payload?: TensorPayload | undefined;
  /** Set for packed numbers, which are written out one by one: the decoder would read over the end of a bad one. */
  readonly packedField?: number;
  /** Of a list that is kept in part: numbers kept. No message has two such lists. */
  numbersKept?: number;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** A tag and a length, ten bytes each. */
const HEADER_BYTES = 20;
/** Fields between two looks at the abort signal and the event loop: a few milliseconds. */
const FIELDS_PER_TURN = 50_000;
/** Pieces of the reduced model are a little longer than this: a few milliseconds for the decoder. */
const PIECE_BYTES = 16 * 1024;
/** ModelProto.graph. */
const GRAPH_FIELD = 7;

/** Reduces the model behind `window`. Rejects with MODEL_INVALID, MODEL_UNSUPPORTED (limits) or CANCELLED. */
export async function reduceModel(
  window: ModelWindow,
  signal?: AbortSignal,
): Promise<ReducedModel> {
  const walk = new Walk(window);
  while (walk.isInside()) {
    if (walk.fieldsSeen >= FIELDS_PER_TURN) {
      walk.fieldsSeen = 0;
      await pause('reading the model', signal);
    }
    // After the pause: the caller's buffer may have shrunk in it.
    if (walk.needsLoad()) await window.load(walk.position);
    walk.step();
  }
  return { pieces: walk.output.finish(), payloads: walk.payloads, decodingCost: walk.decodingCost };
}

class Walk {
  readonly output = new ReducedWriter();
  readonly payloads: TensorPayload[] = [];
  position = 0;
  fieldsSeen = 0;
  decodingCost = 0;
  readonly #window: ModelWindow;
  readonly #frames: Frame[];
  /** Bytes of a kept text that did not fit in the window. */
  #textLeft = 0;
  #nodes = 0;
  #graphDepth = 0;
  #keptFields = 0;
  #messages = 0;

  constructor(window: ModelWindow) {
    this.#window = window;
    this.#frames = [{ rules: MODEL_RULES, end: window.size, lengthAt: -1 }];
  }

  /** Closes the messages that end here; false at the end of the model. */
  isInside(): boolean {
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      if (this.position < frame.end) return true;
      this.#frames.pop();
      if (frame.rules.role === 'graph' && frame.packedField === undefined) this.#graphDepth--;
      if (frame.payload !== undefined) {
        this.output.index(TENSOR_FIELD.raw, this.payloads.length);
        this.payloads.push(frame.payload);
      }
      if (frame.lengthAt >= 0) this.output.endMessage(frame.lengthAt);
      if (this.output.pieceLength > PIECE_BYTES) this.#cut();
    }
    return false;
  }

  /** Ends a piece where that is possible: between fields of the model or of its graph, which merges from pieces. */
  #cut(): void {
    const [, graph, inner] = this.#frames;
    if (inner !== undefined || (graph !== undefined && graph.rules.role !== 'graph')) return;
    if (graph !== undefined) this.output.endMessage(graph.lengthAt);
    this.output.cut();
    if (graph !== undefined) graph.lengthAt = this.output.beginMessage(GRAPH_FIELD);
  }

  /** Is the next field's head, or the rest of a text, outside the window? */
  needsLoad(): boolean {
    const { base, bytes, size } = this.#window;
    const needed = this.#textLeft > 0 ? 1 : Math.min(HEADER_BYTES, size - this.position);
    return this.position < base || this.position + needed > base + bytes.length;
  }

  /** Reads one field, or a piece of a long text. */
  step(): void {
    this.fieldsSeen++;
    if (this.#textLeft > 0) {
      this.#copyText();
      return;
    }
    const frame = this.#frames.at(-1);
    // isInside() has just seen a frame.
    if (frame === undefined) return;
    const start = this.position;
    if (frame.packedField !== undefined) {
      this.#varint(frame);
      if (!this.#keepsNumber(frame, frame.packedField)) return;
      this.#countKept(HEADER_BYTES);
      this.output.tag(frame.packedField, VARINT);
      this.output.copy(this.#slice(start, this.position));
      return;
    }
    const tag = this.#varint(frame);
    const field = Math.floor(tag / 8);
    if (field === 0 || tag > 0xffffffff)
      throw this.#malformed(frame, start, `field number ${field}`);
    switch (tag % 8) {
      case VARINT:
        this.#varintField(frame, field, start);
        break;
      case FIXED64:
        this.#fixedField(frame, field, 8, TENSOR_FIELD.double);
        break;
      case LENGTH_DELIMITED:
        this.#lengthDelimitedField(frame, field, start);
        break;
      case FIXED32:
        this.#fixedField(frame, field, 4, TENSOR_FIELD.float);
        break;
      default:
        // Groups (3, 4) are in no version of ONNX; 6 and 7 are in no protobuf.
        throw this.#malformed(frame, start, `wire type ${tag % 8}`);
    }
  }

  #varintField(frame: Frame, field: number, start: number): void {
    this.#varint(frame);
    const rule = frame.rules.fields[field];
    if (rule?.kind === 'number' || this.#keepsNumber(frame, field)) {
      this.#countKept(this.position - start);
      this.output.copy(this.#slice(start, this.position));
    } else if (rule?.kind === 'values') {
      countEntries(frame.payload, field, 1, 1);
    }
    this.#countCost(rule, this.position - start);
  }

  /** Is this field a list of numbers, and the next one among those that are kept? */
  #keepsNumber(frame: Frame, field: number): boolean {
    const rule = frame.rules.fields[field];
    if (rule?.kind !== 'numbers') return false;
    if (rule.most === undefined) return true;
    frame.numbersKept = (frame.numbersKept ?? 0) + 1;
    return frame.numbersKept <= rule.most;
  }

  #fixedField(frame: Frame, field: number, bytes: number, typedField: number): void {
    this.#skip(frame, bytes, field);
    const rule = frame.rules.fields[field];
    this.#countCost(rule, bytes);
    if (field === typedField) countEntries(frame.payload, field, 1, 1);
  }

  #lengthDelimitedField(frame: Frame, field: number, start: number): void {
    const length = this.#varint(frame);
    const content = this.position;
    const rule = frame.rules.fields[field];
    if (length > frame.end - content) throw this.#overrun(frame, field, content, length);
    this.#countCost(rule, length);
    switch (rule?.kind) {
      case 'message':
        this.#enter(rule.message, field, content + length);
        break;
      case 'numbers':
        this.#frames.push({
          rules: frame.rules,
          end: content + length,
          lengthAt: -1,
          packedField: field,
        });
        break;
      case 'text':
        if (length > (rule.most ?? Infinity)) {
          this.position += length;
          break;
        }
        this.#countKept(length + HEADER_BYTES);
        this.output.copy(this.#slice(start, content));
        this.#textLeft = length;
        break;
      case 'values':
        this.#noteValues(frame.payload, field, length);
        this.position += length;
        break;
      case 'number':
      case undefined:
        this.position += length;
        break;
    }
  }

  #enter(rules: MessageRules, field: number, end: number): void {
    this.#countKept(HEADER_BYTES);
    this.#messages++;
    this.#limit(this.#messages, MAX_MESSAGES, 'nodes, attributes, tensors and types');
    if (this.#frames.length >= MAX_MESSAGE_DEPTH) {
      throw unsupportedModel(
        `at most ${MAX_MESSAGE_DEPTH} nested messages in ${this.#window.label}`,
        'more',
        'flatten the model',
      );
    }
    let payload: TensorPayload | undefined;
    switch (rules.role) {
      case 'graph':
        this.#graphDepth++;
        this.#limit(this.#graphDepth, MAX_GRAPH_DEPTH, 'graphs inside one another');
        break;
      case 'node':
        this.#nodes++;
        this.#limit(this.#nodes, MAX_NODES, 'nodes');
        break;
      case 'tensor':
        payload = { raw: undefined, entries: undefined, stringBytes: 0 };
        this.#limit(this.payloads.length + 1, MAX_TENSORS, 'tensors');
        break;
      case undefined:
        break;
    }
    this.#frames.push({ rules, end, lengthAt: this.output.beginMessage(field), payload });
  }

  #noteValues(payload: TensorPayload | undefined, field: number, length: number): void {
    if (payload === undefined) return;
    if (field === TENSOR_FIELD.raw) payload.raw = { offset: this.position, length };
    else if (field === TENSOR_FIELD.string) {
      countEntries(payload, field, 1, 1);
      payload.stringBytes += length;
    } else if (field === TENSOR_FIELD.float)
      countEntries(payload, field, Math.floor(length / 4), length / 4);
    else if (field === TENSOR_FIELD.double)
      countEntries(payload, field, Math.floor(length / 8), length / 8);
    else countEntries(payload, field, Math.ceil(length / 10), length);
  }

  #copyText(): void {
    const { base, bytes } = this.#window;
    const length = Math.min(this.#textLeft, base + bytes.length - this.position);
    this.output.copy(this.#slice(this.position, this.position + length));
    this.position += length;
    this.#textLeft -= length;
  }

  #skip(frame: Frame, bytes: number, field: number): void {
    if (bytes > frame.end - this.position) throw this.#overrun(frame, field, this.position, bytes);
    this.position += bytes;
  }

  #slice(start: number, end: number): Uint8Array {
    const { base, bytes } = this.#window;
    return bytes.subarray(start - base, end - base);
  }

  /** An unsigned varint; beyond 2^53 it is only known to be large, which no tag or length may be. */
  #varint(frame: Frame): number {
    const { base, bytes } = this.#window;
    const start = this.position;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = bytes[this.position - base];
      if (byte === undefined || this.position >= frame.end)
        throw this.#overrun(frame, undefined, start, i + 1);
      this.position++;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw this.#malformed(frame, start, 'a number of more than ten bytes');
  }

  #countCost(rule: FieldRule | undefined, bytes: number): void {
    if (rule !== undefined && 'costPerByte' in rule) this.decodingCost += bytes * rule.costPerByte;
  }

  #countKept(bytes: number): void {
    this.#keptFields++;
    this.#limit(this.#keptFields, MAX_KEPT_FIELDS, 'names, sizes and attributes');
    this.#limit(this.output.length + bytes, MAX_KEPT_BYTES, 'bytes of names, sizes and attributes');
  }

  #limit(count: number, most: number, what: string): void {
    if (count <= most) return;
    throw unsupportedModel(
      `at most ${most} ${what} in ${this.#window.label}`,
      'more',
      'split the model',
    );
  }

  #overrun(frame: Frame, field: number | undefined, content: number, length: number): Error {
    const part = field === undefined ? 'a field' : `field ${field}`;
    if (frame.rules !== MODEL_RULES || frame.packedField !== undefined) {
      return this.#malformed(
        frame,
        content,
        `${part} of ${length} bytes that runs over the end of its message`,
      );
    }
    return invalidModel(
      `a whole ONNX model in ${this.#window.label}`,
      `a truncated one: ${part} of ${frame.rules.name} at byte ${content} needs ${length} bytes, ${frame.end - content} are left`,
      'copy or download the file again and compare its size with the original',
    );
  }

  #malformed(frame: Frame, at: number, found: string): Error {
    return invalidModel(
      `protobuf fields of ${frame.rules.name} in ${this.#window.label}`,
      `${found} at byte ${at}`,
      `the file is damaged or not an ONNX model: ${EXPORT_AGAIN}`,
    );
  }
}

function countEntries(
  payload: TensorPayload | undefined,
  field: number,
  least: number,
  most: number,
): void {
  if (payload === undefined) return;
  payload.entries ??= new Map();
  const entries = payload.entries.get(field);
  if (entries === undefined) {
    payload.entries.set(field, { least, most });
    return;
  }
  entries.least += least;
  entries.most += most;
}
