// @ts-check
/** The ways a case is run: each gives a session that takes feeds and gives every output. */

import { createRequire } from 'node:module';

import { isDtype } from '../../dist/common/index.js';
import { createEngine } from '../../dist/index.js';
import { readModelOutline } from '../../dist/onnx/index.js';
import { ask, nativeAddon } from '../../dist/runtime/native.js';
import { openOpenVino } from '../../dist/runtime/openvino-library.js';
import { OpenVinoModel } from '../../dist/runtime/openvino-model.js';

/** @typedef {import('../../dist/runtime/index.js').TensorValue} TensorValue */
/** @typedef {import('../../dist/runtime/index.js').ValueInfo} ValueInfo */
/** @typedef {import('../../dist/runtime/native-types.js').NativeCompiled} NativeCompiled */
/** @typedef {Readonly<Record<string, TensorValue>>} Values */

/**
 * @typedef {object} Session
 * @property {string} provider Who serves.
 * @property {(feeds: Values) => Promise<Values>} run
 * @property {() => Promise<void>} release
 */

const ownRequire = createRequire(import.meta.url);

/**
 * @param {string} path
 * @returns {Promise<Session>}
 */
async function onnxruntimeNode(path) {
  /** @type {typeof import('onnxruntime-node')} */
  const { InferenceSession, Tensor } = ownRequire('onnxruntime-node');
  const session = await InferenceSession.create(path);
  return {
    provider: 'cpu',
    run: async (feeds) => {
      const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [
        name,
        // The constructor's overloads want one literal type each.
        new Tensor(/** @type {'float32'} */ (type), /** @type {any} */ (data), dims),
      ]);
      return /** @type {any} */ (await session.run(Object.fromEntries(tensors)));
    },
    release: () => session.release(),
  };
}

/**
 * @param {string} path
 * @param {import('../../dist/index.js').EngineOptions} options
 * @returns {Promise<Session>}
 */
async function enginery(path, options) {
  const engine = await createEngine(path, options);
  return {
    provider: engine.provider,
    run: async (feeds) => /** @type {any} */ (await engine.run(/** @type {any} */ (feeds))),
    release: () => engine.release(),
  };
}

/**
 * OpenVINO with none of our rules in front of it, in the precision that we ask for.
 * @param {string} path
 * @returns {Promise<Session>}
 */
async function openvinoAlone(path) {
  await openOpenVino();
  /** @type {NativeCompiled} */
  const compiled = await ask((ticket) => {
    nativeAddon().openvinoCompile(ticket, {
      path,
      device: 'CPU',
      properties: { INFERENCE_PRECISION_HINT: 'f32', PERFORMANCE_HINT: 'LATENCY' },
      shapes: {},
      requests: 1,
    });
  });
  const { inputs, outputs } = await readModelOutline(path);
  const taken = valueInfos(compiled.inputs, inputs);
  const model = new OpenVinoModel({
    compiled,
    inputs: taken,
    fed: taken.map(({ name }) => name),
    outputs: valueInfos(compiled.outputs, outputs),
    description: {},
    inlineBelowUs: 0,
    queueLimit: 1,
    compileProfiled: undefined,
    isProfiled: false,
  });
  const fetches = Object.fromEntries(outputs.map(({ name }) => [name, null]));
  return {
    provider: 'openvino',
    run: (feeds) => model.run(feeds, fetches, {}),
    release: () => model.release(),
  };
}

/**
 * A port may have another name than the file gives it; then its place tells.
 * @param {NativeCompiled['inputs']} ports
 * @param {readonly { readonly name: string }[]} declared
 * @returns {ValueInfo[]}
 */
function valueInfos(ports, declared) {
  const isNamed = ports.every((port) => declared.some(({ name }) => name === port.name));
  return ports.map(({ name, type, shape }, i) => {
    if (!isDtype(type)) throw new Error(`element type ${type} of '${name}'`);
    return {
      name: isNamed ? name : (declared[i]?.name ?? name),
      type,
      shape: (shape ?? []).map(([min, max]) => (min === max ? min : '')),
    };
  });
}

/** @type {Readonly<Record<string, (path: string) => Promise<Session>>>} */
export const MODES = Object.freeze({
  'onnxruntime-node': onnxruntimeNode,
  'openvino alone': openvinoAlone,
  openvino: (path) => enginery(path, { providers: ['openvino'], strict: true }),
  fallback: (path) => enginery(path, {}),
});
