/** Shows the graph that ONNX Runtime executes: its optimized model, and the profile of one run where there are feeds. */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EngineryError } from '../common/index.js';
import { type OnnxNode, readModelOutline } from '../onnx/index.js';
import { fusedNodes } from './onnxruntime-fusion.js';
import { nodesFromProfile, type ProfiledNode } from './onnxruntime-profile.js';
import { type SessionPlan, WorkerSession } from './onnxruntime-session.js';
import type { CopiedFeeds } from './onnxruntime-tensors.js';
import type { LayerInfo } from './provider.js';

const OPTIMIZED_FILE = 'optimized.onnx';
const PROFILE_PREFIX = 'profile';

/** One run to profile. */
export interface ProfiledRun {
  readonly copied: CopiedFeeds;
  readonly fetches: readonly string[];
}

interface Layer {
  readonly name: string;
  readonly type: string;
  readonly outputs: readonly string[];
  readonly domain: string;
  readonly profiled: ProfiledNode | undefined;
}

/**
 * Joins the optimized nodes with what was profiled. A node without a name is called by its type and number in the
 * profile, and both numbers and file follow the order of the graph. Profiled nodes of subgraphs come last.
 */
function joinLayers(optimized: readonly OnnxNode[], profiled: readonly ProfiledNode[]): Layer[] {
  const left = new Set(profiled);
  const byIndex = [...profiled].sort((a, b) => a.index - b.index);
  const layers = optimized.map(({ name, type, outputs, domain }): Layer => {
    const isMatch = (node: ProfiledNode): boolean =>
      left.has(node) && node.type === type && node.name === (name || `${type}_${node.index}`);
    const match = byIndex.find(isMatch);
    if (match !== undefined) left.delete(match);
    return { name: name || (match?.name ?? type), type, outputs, domain, profiled: match };
  });
  for (const node of left) {
    const { name, type } = node;
    layers.push({ name, type, outputs: [], domain: '', profiled: node });
  }
  return layers;
}

/** The layers, from either source or both; `nodes` are the model's own, in file order. */
export function layersFrom(
  optimized: readonly OnnxNode[],
  profiled: readonly ProfiledNode[],
  nodes: readonly OnnxNode[],
): LayerInfo[] {
  const layers = joinLayers(optimized, profiled);
  const fused = fusedNodes(layers, nodes);
  return layers.map(({ name, type, domain, profiled: run }, position) => ({
    name,
    type,
    kernel: [run?.provider, domain].filter(Boolean).join(' '),
    status: run === undefined ? 'not-run' : 'executed',
    fused: fused[position] ?? [],
    ...(run !== undefined && { timeUs: run.timeUs }),
  }));
}

async function writeGraph(
  plan: SessionPlan,
  folder: string,
  run: ProfiledRun | undefined,
): Promise<void> {
  const options: Record<string, unknown> = {
    ...plan.options,
    // The warning that an optimized model belongs to this machine is of no use here: the file is gone in a moment.
    logSeverityLevel: 3,
    enableProfiling: run !== undefined,
    profileFilePrefix: join(folder, PROFILE_PREFIX),
    // ONNX Runtime does not write ONNX from its own format.
    ...(plan.model.format === 'onnx' && { optimizedModelFilePath: join(folder, OPTIMIZED_FILE) }),
  };
  if (plan.model.format !== 'onnx') delete options['optimizedModelFilePath'];
  const session = await WorkerSession.open({ ...plan, options });
  try {
    if (run === undefined) return;
    await session.run({ ...run.copied, fetches: run.fetches });
    await session.endProfiling();
  } finally {
    await session.close();
  }
}

/**
 * The layers of the graph that a session made like `plan` executes; with `run`, their times. They are read from files
 * that a throw-away session writes to a private folder. Throws RUNTIME_VERSION where onnxruntime-node writes none (1.20).
 */
export async function inspectLayers(plan: SessionPlan, run?: ProfiledRun): Promise<LayerInfo[]> {
  const folder = await mkdtemp(join(tmpdir(), 'enginery-inspect-'));
  try {
    await writeGraph(plan, folder, run);
    const files = await readdir(folder);
    const profile = files.find((file) => file.startsWith(PROFILE_PREFIX));
    const hasGraph = files.includes(OPTIMIZED_FILE);
    if (run === undefined ? !hasGraph && plan.model.format === 'onnx' : profile === undefined) {
      throw new EngineryError(
        'RUNTIME_VERSION',
        `onnxruntime-node ${plan.engine.version} writes neither its graph nor a profile to read the layers from; ` +
          'install a newer one: npm install onnxruntime-node@1',
      );
    }
    const optimized = hasGraph ? (await readModelOutline(join(folder, OPTIMIZED_FILE))).nodes : [];
    const text = profile === undefined ? '[]' : await readFile(join(folder, profile), 'utf8');
    return layersFrom(optimized, nodesFromProfile(text), plan.model.outline?.nodes ?? []);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
