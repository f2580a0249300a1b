// What is said when a part of a shared control cannot be fetched: the page that uses it knows how.

let say: () => void = () => undefined;

export function whenAbsent(react: () => void): void {
  say = react;
}

/** Somebody wants a part that does not come. */
export function tellAbsent(): void {
  say();
}
