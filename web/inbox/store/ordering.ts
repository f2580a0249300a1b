// Lists that people put in order by hand. Pure.

/** The list with one moved a step: up is -1, down is 1. At its end it stays as it is. */
export function moved<T>(list: readonly T[], at: number, by: -1 | 1): T[] {
  const to = at + by;
  const one = list[at];
  if (one === undefined || to < 0 || to >= list.length) return [...list];
  const others = list.filter((_, index) => index !== at);
  return [...others.slice(0, to), one, ...others.slice(to)];
}

export function without<T>(list: readonly T[], one: T): T[] {
  return list.filter((other) => other !== one);
}
