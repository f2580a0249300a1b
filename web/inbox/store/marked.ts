// Which of many lines is the marked one while lines come and go above it.

type Line = { key: string; personId?: number };

/** Where it stands now. A person stays the same in another group; of who is gone the first one takes the place. */
export function placeOf(lines: readonly Line[], marked: Line | undefined): number {
  const at = lines.findIndex((one) => one.key === marked?.key);
  if (at >= 0 || marked?.personId === undefined) return Math.max(0, at);
  return Math.max(0, lines.findIndex((one) => one.personId === marked.personId));
}
