/** Reads the profile that ONNX Runtime writes: which nodes ran, by which execution provider, and for how long. */

import { isRecord } from '../common/index.js';

const KERNEL_TIME = '_kernel_time';

/** A node that ran; a node of a loop body counts once, with the sum of its times. */
export interface ProfiledNode {
  readonly name: string;
  readonly type: string;
  /** The node's number in ONNX Runtime's graph. */
  readonly index: number;
  readonly provider: string;
  readonly timeUs: number;
}

function profiledNode(event: unknown): ProfiledNode | undefined {
  if (!isRecord(event) || event['cat'] !== 'Node') return undefined;
  const { name, dur, args } = event;
  if (typeof name !== 'string' || !name.endsWith(KERNEL_TIME) || !isRecord(args)) return undefined;
  return {
    name: name.slice(0, -KERNEL_TIME.length),
    type: String(args['op_name']),
    index: Number(args['node_index']),
    provider: String(args['provider']),
    timeUs: Number(dur),
  };
}

/** The nodes in the order in which they first ran. Throws SyntaxError when the profile is not JSON. */
export function nodesFromProfile(text: string): ProfiledNode[] {
  const events: unknown = JSON.parse(text);
  const nodes = new Map<string, ProfiledNode>();
  for (const event of Array.isArray(events) ? (events as unknown[]) : []) {
    const node = profiledNode(event);
    if (node === undefined) continue;
    const key = `${node.index} ${node.type} ${node.name}`;
    const before = nodes.get(key);
    nodes.set(key, before ? { ...before, timeUs: before.timeUs + node.timeUs } : node);
  }
  return [...nodes.values()];
}
