/** The result of `enginery inspect`, as text and as one JSON object. */

import { formatShape, type SymbolicDim } from '../common/index.js';
import type { ModelOutline } from '../onnx/index.js';
import {
  formatBytes,
  formatCount,
  formatMs,
  formatPercent,
  renderPairs,
  renderTable,
  wrapText,
  type Style,
} from '../report/index.js';
import type { Inspection, LayerInfo } from '../runtime/index.js';
import type { Engine } from '../session/index.js';
import { modelInputs, modelOutputs, providerPlace, providerText } from './engine.js';
import { fallbackText } from './run-report.js';

const MAX_TEXT_COLUMNS = 100;

export interface InspectReport {
  readonly model: string;
  readonly outline?: ModelOutline;
  readonly engine?: Engine;
  readonly inspection?: Inspection;
  readonly error?: string;
}

interface Screen {
  readonly style: Style;
  readonly width: number;
}

interface Value {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly SymbolicDim[] | undefined;
}

function valueTable(
  inputs: readonly Value[],
  outputs: readonly Value[],
  { style, width }: Screen,
): string {
  const row = (kind: string, { name, type, shape }: Value): string[] => [
    kind,
    name,
    type,
    shape === undefined ? 'any rank' : formatShape(shape),
  ];
  return renderTable({
    head: ['', 'name', 'type', 'shape'],
    rows: [
      ...inputs.map((value) => row('input', value)),
      ...outputs.map((value) => row('output', value)),
    ],
    width,
    flexible: 1,
    style,
  });
}

function outlineValues(values: ModelOutline['inputs']): Value[] {
  return values.map(({ name, kind, elementType, shape }) => ({
    name,
    type: kind === 'tensor' ? elementType : `${kind} of ${elementType}`,
    shape,
  }));
}

function domainName(domain: string): string {
  return domain === '' ? 'ai.onnx' : domain;
}

function operatorText(outline: ModelOutline, width: number): string {
  const text = outline.operators
    .map(({ domain, type, count }) => `${domain === '' ? '' : `${domain}.`}${type} ${count}`)
    .join(', ');
  return wrapText(text, Math.min(width, MAX_TEXT_COLUMNS) - 'operators  '.length);
}

function outlinePairs(model: string, outline: ModelOutline, { width }: Screen): [string, string][] {
  const opsets = Array.from(
    outline.opsets,
    ([domain, version]) => `${domainName(domain)} ${version}`,
  ).join(', ');
  const external = new Set(outline.externalData.map(({ location }) => location));
  return [
    ['model', model],
    [
      'format',
      `ONNX IR ${outline.irVersion}, opset ${opsets}${outline.producer === '' ? '' : `, by ${outline.producer}`}`,
    ],
    [
      'weights',
      formatBytes(outline.initializerBytes) +
        (external.size === 0 ? '' : `, partly in ${[...external].join(', ')}`),
    ],
    ['operators', operatorText(outline, width)],
  ];
}

/** What the file alone tells, for a model that nothing here runs. */
export function outlineText(model: string, outline: ModelOutline, screen: Screen): string {
  return [
    renderPairs(outlinePairs(model, outline, screen), screen.style),
    valueTable(outlineValues(outline.inputs), outlineValues(outline.outputs), screen),
  ].join('\n\n');
}

function layerRows(layers: readonly LayerInfo[], totalUs: number): string[][] {
  return layers.map(({ name, type, kernel, fused, timeUs }) => [
    ...(totalUs > 0
      ? [timeUs === undefined ? '-' : String(timeUs), formatPercent((timeUs ?? 0) / totalUs)]
      : []),
    type,
    kernel,
    name,
    fused.length === 0 ? '' : `+ ${fused.join(' + ')}`,
  ]);
}

function layersText({ layers }: Inspection, { style, width }: Screen): string {
  if (layers.length === 0) return 'The runtime tells nothing of its layers.';
  const count = (status: LayerInfo['status']): number =>
    layers.filter((layer) => layer.status === status).length;
  // A provider that knows its layers without a run reports each as not run.
  const status = count('executed') > 0 ? 'executed' : 'not-run';
  const shown = layers.filter((layer) => layer.status === status);
  const totalUs = shown.reduce((sum, { timeUs }) => sum + (timeUs ?? 0), 0);
  const isProfiled = totalUs > 0;
  const fused = shown.reduce((sum, layer) => sum + layer.fused.length, 0);
  const facts = [
    `${formatCount(shown.length)} layers ${status === 'executed' ? 'executed' : 'to execute'}`,
    `${formatCount(fused)} model nodes fused into them`,
    ...(count('optimized-out') > 0 ? [`${formatCount(count('optimized-out'))} optimized out`] : []),
    ...(status === 'executed' && count('not-run') > 0
      ? [`${formatCount(count('not-run'))} not run`]
      : []),
    ...(isProfiled ? [`${formatMs(totalUs / 1000)} in all`] : []),
  ];
  const table = renderTable({
    head: [...(isProfiled ? ['us', 'share'] : []), 'layer', 'kernel', 'name', 'fused nodes'],
    rows: layerRows(shown, totalUs),
    right: isProfiled ? [0, 1] : [],
    width,
    isWrapped: true,
    style,
  });
  return `${facts.join(', ')}\n\n${table}`;
}

/** The screen. */
export function inspectReportText(report: InspectReport, screen: Screen): string {
  const { model, outline, engine, inspection } = report;
  const parts: string[] = [];
  const pairs: [string, string][] =
    outline === undefined ? [['model', model]] : outlinePairs(model, outline, screen);
  if (engine !== undefined) {
    pairs.push(
      ['provider', screen.style.bold(providerText(engine))],
      ['place', providerPlace(engine)],
    );
    if (engine.fallbacks.length > 0)
      pairs.push(['fallbacks', screen.style.warn(fallbackText(engine))]);
  }
  parts.push(renderPairs(pairs, screen.style));
  if (outline !== undefined) {
    parts.push(valueTable(outlineValues(outline.inputs), outlineValues(outline.outputs), screen));
  } else if (engine !== undefined) {
    parts.push(valueTable(modelInputs(engine), modelOutputs(engine), screen));
  }
  if (inspection !== undefined) parts.push(layersText(inspection, screen));
  return parts.join('\n\n');
}

/** The JSON object. */
export function inspectReportJson({
  model,
  outline,
  engine,
  inspection,
  error,
}: InspectReport): Record<string, unknown> {
  const values = (infos: readonly Value[]): Value[] =>
    infos.map(({ name, type, shape }) => ({ name, type, shape }));
  const onnx =
    outline === undefined
      ? {}
      : {
          irVersion: outline.irVersion,
          producer: outline.producer,
          opsets: Object.fromEntries(
            Array.from(outline.opsets, ([domain, version]) => [domainName(domain), version]),
          ),
          operators: outline.operators,
          nodes: outline.nodes.length,
          initializerBytes: Number(outline.initializerBytes),
          externalData: [...new Set(outline.externalData.map(({ location }) => location))],
        };
  const inputs =
    outline === undefined
      ? engine === undefined
        ? []
        : modelInputs(engine)
      : outlineValues(outline.inputs);
  const outputs =
    outline === undefined
      ? engine === undefined
        ? []
        : modelOutputs(engine)
      : outlineValues(outline.outputs);
  return {
    model,
    ...onnx,
    inputs: values(inputs),
    outputs: values(outputs),
    ...(engine === undefined
      ? {}
      : { provider: engine.provider, runtime: engine.report.runtime, fallbacks: engine.fallbacks }),
    ...(inspection === undefined
      ? {}
      : { properties: inspection.properties, layers: inspection.layers }),
    ...(error === undefined ? {} : { error }),
  };
}
