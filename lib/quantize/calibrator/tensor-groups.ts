/** Packs tensors into groups that fit a budget of memory. */

/** Groups of names in the given order, each within `budgetBytes` unless one tensor alone is larger. */
export function packTensors(
  sizes: ReadonlyMap<string, number>,
  budgetBytes: number,
): readonly (readonly string[])[] {
  const groups: string[][] = [];
  let group: string[] = [];
  let used = 0;
  for (const [name, bytes] of sizes) {
    if (group.length > 0 && used + bytes > budgetBytes) {
      groups.push(group);
      group = [];
      used = 0;
    }
    group.push(name);
    used += bytes;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
