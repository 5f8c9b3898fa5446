/** What changed in the meaning or the form of ONNX's operators between versions 10 and 21, and how to write it anew. */

import { float16FromNumber } from '../common/index.js';
import { buildAttribute, buildNode, type AttributeValue } from './build-model.js';
import type { AttributeProto, NodeProto, TensorProto } from './gen/onnx_pb.js';
import { quoted, unsupportedModel } from './model-error.js';
import { float32FromBytes, elementTypeOf, isExternal, tensorBytes } from './tensor-values.js';

/** What a rule may ask and add: the graph of the node, with what the graphs around it make. */
export interface LiftScope {
  uniqueName(wanted: string): string;
  producer(name: string): NodeProto | undefined;
  initializer(name: string): TensorProto | undefined;
  rankOf(name: string): number | undefined;
  /** As the file states it; often it does not. */
  elementTypeOf(name: string): string | undefined;
  /** Adds an initializer to the node's graph and returns its name. */
  addConstant(
    wanted: string,
    elementType: string,
    dims: readonly number[],
    data: ArrayBufferView,
  ): string;
}

export interface LiftRule {
  readonly types: readonly string[];
  /** The rule applies to models that come from an older version. */
  readonly version: number;
  /** Gives the nodes that stand for `node`, which it may change. */
  readonly rewrite: (node: NodeProto, scope: LiftScope) => NodeProto[];
}

/** In the order in which they apply. */
export const LIFT_RULES: readonly LiftRule[] = Object.freeze([
  { types: ['Clip'], version: 11, rewrite: clipBoundsToInputs },
  { types: ['Pad'], version: 11, rewrite: padToInputs },
  { types: ['Resize'], version: 11, rewrite: resizeByScales },
  { types: ['Scatter'], version: 11, rewrite: scatterElements },
  { types: ['Dropout'], version: 12, rewrite: dropoutOfInference },
  { types: ['Squeeze', 'Unsqueeze', 'ReduceSum'], version: 13, rewrite: integersToInput('axes') },
  { types: ['Split'], version: 13, rewrite: integersToInput('split') },
  { types: ['Softmax', 'LogSoftmax', 'Hardmax'], version: 13, rewrite: softmaxOverRest },
  { types: ['Resize'], version: 13, rewrite: refuseOldPixelMode },
  { types: ['BatchNormalization'], version: 14, rewrite: refuseTraining },
  { types: ['RoiAlign'], version: 16, rewrite: roiAlignPixels },
  {
    types: 'Max Min Mean Prod L1 L2 LogSum LogSumExp SumSquare'
      .split(' ')
      .map((kind) => `Reduce${kind}`),
    version: 18,
    rewrite: integersToInput('axes'),
  },
  { types: ['Split'], version: 18, rewrite: splitIntoOutputs },
  { types: ['GridSample'], version: 20, rewrite: gridSampleMode },
  { types: ['DFT'], version: 20, rewrite: dftAxisToInput },
  { types: ['GroupNormalization'], version: 21, rewrite: refuseGroupScales },
]);

function take(node: NodeProto, name: string): AttributeProto | undefined {
  const index = node.attribute.findIndex((attribute) => attribute.name === name);
  return index < 0 ? undefined : node.attribute.splice(index, 1)[0];
}

function set(node: NodeProto, name: string, value: AttributeValue): void {
  take(node, name);
  node.attribute.push(buildAttribute(name, value));
}

function setInput(node: NodeProto, index: number, name: string): void {
  while (node.input.length < index) node.input.push('');
  node.input[index] = name;
}

/** A name for what belongs to a node, which may have none of its own. */
function nameFor(node: NodeProto, part: string): string {
  return `${node.name || node.output[0] || node.opType}/${part}`;
}

/** Opset 13 and 18: a list of integers becomes the second input. */
function integersToInput(name: string): LiftRule['rewrite'] {
  return (node, scope) => {
    const values = take(node, name)?.ints ?? [];
    if (values.length > 0) {
      const data = BigInt64Array.from(values);
      setInput(node, 1, scope.addConstant(nameFor(node, name), 'int64', [data.length], data));
    }
    return [node];
  };
}

/**
 * Up to opset 12 the sizes from `axis` (default 1) on are one row; from 13 on a row is that one axis (default -1). The
 * last axis is both; another one becomes a matrix of such rows and is given its shape back.
 */
function softmaxOverRest(node: NodeProto, scope: LiftScope): NodeProto[] {
  const attribute = take(node, 'axis');
  const axis = attribute === undefined ? 1 : Number(attribute.i);
  const [x = ''] = node.input;
  const [y = ''] = node.output;
  const producer = scope.producer(x)?.opType;
  const rank = producer === 'Gemm' || producer === 'Flatten' ? 2 : scope.rankOf(x);
  set(node, 'axis', { int: -1 });
  if (axis === -1 || axis + 1 === rank) return [node];
  const [shape, rows, result] = ['shape', 'rows', 'result'].map((part) =>
    scope.uniqueName(nameFor(node, part)),
  ) as [string, string, string]; // As many as were asked for.
  node.input[0] = rows;
  node.output[0] = result;
  return [
    buildNode({ type: 'Shape', name: shape, inputs: [x], outputs: [shape] }),
    buildNode({
      type: 'Flatten',
      name: rows,
      inputs: [x],
      outputs: [rows],
      attributes: { axis: { int: axis } },
    }),
    node,
    buildNode({ type: 'Reshape', name: result, inputs: [result, shape], outputs: [y] }),
  ];
}

/** A scalar of the element type that `like` has; float32 where the file does not say. */
function scalarLike(
  node: NodeProto,
  part: string,
  like: string,
  value: number,
  scope: LiftScope,
): string {
  const type = scope.elementTypeOf(like);
  const wanted = nameFor(node, part);
  if (type === 'float16')
    return scope.addConstant(wanted, type, [], Uint16Array.of(float16FromNumber(value)));
  if (type === 'float64') return scope.addConstant(wanted, type, [], Float64Array.of(value));
  return scope.addConstant(wanted, 'float32', [], Float32Array.of(value));
}

function clipBoundsToInputs(node: NodeProto, scope: LiftScope): NodeProto[] {
  for (const [index, name] of ['min', 'max'].entries()) {
    const bound = take(node, name);
    if (bound === undefined) continue;
    setInput(node, index + 1, scalarLike(node, name, node.input[0] ?? '', bound.f, scope));
  }
  return [node];
}

function padToInputs(node: NodeProto, scope: LiftScope): NodeProto[] {
  const value = take(node, 'value');
  integersToInput('pads')(node, scope);
  if (value !== undefined && value.f !== 0)
    setInput(node, 2, scalarLike(node, 'value', node.input[0] ?? '', value.f, scope));
  return [node];
}

/** Opset 10 knows one way to place pixels, and rounds down when it enlarges, up when it reduces (ONNX Runtime 1.31). */
function resizeByScales(node: NodeProto, scope: LiftScope): NodeProto[] {
  const [x = '', scalesName = ''] = node.input;
  const scales = floatsOf(scalesName, scope);
  const isEnlarging = scales?.every((scale) => scale >= 1) ?? false;
  const isReducing = scales?.every((scale) => scale <= 1) ?? false;
  if (!isEnlarging && !isReducing) {
    throw cannotExpress(node, 'constant scales that are all at least 1 or all at most 1', 'others');
  }
  const roi = scope.addConstant(nameFor(node, 'roi'), 'float32', [0], new Float32Array(0));
  node.input = [x, roi, scalesName];
  set(node, 'coordinate_transformation_mode', { string: 'asymmetric' });
  if (
    Buffer.from(node.attribute.find(({ name }) => name === 'mode')?.s ?? 'nearest').toString() ===
    'nearest'
  )
    set(node, 'nearest_mode', { string: isEnlarging ? 'floor' : 'ceil' });
  return [node];
}

function floatsOf(name: string, scope: LiftScope): Float32Array | undefined {
  const tensor =
    scope.initializer(name) ??
    scope.producer(name)?.attribute.find((attribute) => attribute.name === 'value')?.t;
  if (tensor === undefined || isExternal(tensor)) return undefined;
  return float32FromBytes(elementTypeOf(tensor).name, tensorBytes(tensor));
}

function scatterElements(node: NodeProto): NodeProto[] {
  node.opType = 'ScatterElements';
  return [node];
}

/** Only training reads the ratio. */
function dropoutOfInference(node: NodeProto): NodeProto[] {
  take(node, 'ratio');
  return [node];
}

function refuseOldPixelMode(node: NodeProto): NodeProto[] {
  const mode = node.attribute.find(({ name }) => name === 'coordinate_transformation_mode')?.s;
  if (Buffer.from(mode ?? '').toString() !== 'tf_half_pixel_for_nn') return [node];
  throw cannotExpress(node, 'another coordinate_transformation_mode', 'tf_half_pixel_for_nn');
}

function refuseTraining(node: NodeProto): NodeProto[] {
  if (node.output.length === 1) return [node];
  throw cannotExpress(node, 'one output, as in inference', `${node.output.length}`);
}

function roiAlignPixels(node: NodeProto): NodeProto[] {
  set(node, 'coordinate_transformation_mode', { string: 'output_half_pixel' });
  return [node];
}

/** From opset 18 on equal parts are asked for by their number. */
function splitIntoOutputs(node: NodeProto): NodeProto[] {
  if ((node.input[1] ?? '') === '') set(node, 'num_outputs', { int: node.output.length });
  return [node];
}

function gridSampleMode(node: NodeProto): NodeProto[] {
  const mode = node.attribute.find(({ name }) => name === 'mode');
  const old = Buffer.from(mode?.s ?? '').toString();
  if (old === 'bilinear' || old === 'bicubic') set(node, 'mode', { string: old.slice(2) });
  return [node];
}

function dftAxisToInput(node: NodeProto, scope: LiftScope): NodeProto[] {
  const axis = take(node, 'axis')?.i ?? 1n;
  setInput(node, 2, scope.addConstant(nameFor(node, 'axis'), 'int64', [], BigInt64Array.of(axis)));
  return [node];
}

function refuseGroupScales(node: NodeProto): NodeProto[] {
  throw cannotExpress(node, 'GroupNormalization of opset 21', 'the older one, scaled by group');
}

function cannotExpress(node: NodeProto, expected: string, got: string): Error {
  return unsupportedModel(
    `${expected} for node ${quoted(node.name)} (${node.opType}) to raise its operator set version`,
    got,
    'export the model again for opset 13 or newer',
  );
}
