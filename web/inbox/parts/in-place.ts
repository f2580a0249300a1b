// Changes what stands in a scrolling box, and leaves what the reader sees where it is.
import { tick } from "svelte";

const MESSAGE = "[data-message]";

/** Measure, change, correct, all before the next frame is drawn. By the topmost message in sight, or by the line asked for. */
export async function inPlace(box: () => HTMLElement | null, run: () => Promise<void>, line?: string): Promise<void> {
  const before = box();
  const top = before?.getBoundingClientRect().top ?? 0;
  const all = [...(before?.querySelectorAll<HTMLElement>(line ?? MESSAGE) ?? [])];
  const anchor = line ? all[0] : all.find((one) => one.getBoundingClientRect().bottom > top);
  const at = anchor?.getBoundingClientRect().top ?? 0;
  await run();
  await tick();
  const after = box();
  const same = anchor && after?.querySelector(line ?? `[data-message="${anchor.dataset.message}"]`);
  if (after && same) after.scrollTop += same.getBoundingClientRect().top - at;
}

/** The line of the case that begins next above (-1) or below (1) the box's upper edge. */
export function nextCase(box: HTMLElement, step: 1 | -1): HTMLElement | undefined {
  const top = box.getBoundingClientRect().top;
  const lines = [...box.querySelectorAll<HTMLElement>("[data-case]")];
  const isBeyond = (one: HTMLElement): boolean => (one.getBoundingClientRect().top - top) * step > 1;
  return step === 1 ? lines.find(isBeyond) : lines.findLast(isBeyond);
}

/** Whether this click unfolds or folds a text: what does so at the end is read from where it was, not from its own end. */
export function unfolds(event: Event): boolean {
  return event.target instanceof Element && event.target.closest("[data-unfolds]") !== null;
}
