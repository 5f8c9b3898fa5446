/** Where warnings go: Node's own warning channel, once per distinct text, so that `--no-warnings` and hooks work. */

const emitted = new Set<string>();

/** Emits a process warning named `EngineryWarning`, once per text. */
export function warnOnce(message: string): void {
  if (emitted.has(message)) return;
  emitted.add(message);
  process.emitWarning(message, 'EngineryWarning');
}
