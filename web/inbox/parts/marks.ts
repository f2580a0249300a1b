// Marks over what is found: painted by the browser, without a change of the page.
const NAME = "found";
const CURRENT = "found-now";
const MESSAGES = '[role="log"] [data-message]';
const MOST = 2000;
/** The message whose place was brought into sight: once, the reader may scroll on from there. */
let led: number | null = null;

/** Every place in the messages that are here where these letters stand; those of one message stand out. */
export function mark(words: string, current: number | null): void {
  // A browser without marks shows the message itself with a frame around it.
  if (typeof Highlight === "undefined") return;
  unmark();
  if (words === "" || current === null) led = null;
  if (words === "") return;
  const found = { [NAME]: new Highlight(), [CURRENT]: new Highlight() };
  let count = 0;
  for (const message of document.querySelectorAll<HTMLElement>(MESSAGES)) {
    const name = Number(message.dataset.message) === current ? CURRENT : NAME;
    for (const range of rangesIn(message.querySelector(".bubble") ?? message, words)) {
      if ((count += 1) > MOST) break;
      found[name].add(range);
    }
  }
  for (const [name, highlight] of Object.entries(found)) CSS.highlights.set(name, highlight);
  const [first] = [...found[CURRENT]];
  if (current === led || !(first instanceof Range)) return;
  led = current;
  // By then the message is gone to, and unfolded.
  requestAnimationFrame(() => bringIntoSight(first));
}

/** Of a long message the place that was found may lie beyond what is in sight. */
function bringIntoSight(range: Range): void {
  const log = range.startContainer.parentElement?.closest('[role="log"]');
  if (!log) return;
  const [spot, box] = [range.getBoundingClientRect(), log.getBoundingClientRect()];
  if (spot.top < box.top || spot.bottom > box.bottom) log.scrollTop += spot.top - box.top - box.height / 2;
}

export function unmark(): void {
  if (typeof Highlight === "undefined") return;
  CSS.highlights.delete(NAME);
  CSS.highlights.delete(CURRENT);
}

/** Where letters stand in a text, whatever their case; positions are those of the text as it is. */
export function spotsOf(text: string, words: string): [number, number][] {
  const found: [number, number][] = [];
  const pattern = new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
  for (const { index, 0: hit } of text.matchAll(pattern)) if (hit.length > 0) found.push([index, index + hit.length]);
  return found;
}

/** Over the borders of links and bold words too. */
function rangesIn(root: Element, words: string): Range[] {
  const nodes: { node: Text; from: number }[] = [];
  let text = "";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push({ node: node as Text, from: text.length });
    text += node.nodeValue ?? "";
  }
  const place = (at: number, isEnd: boolean): { node: Text; offset: number } | undefined => {
    const one = nodes.findLast(({ from }) => (isEnd ? from < at : from <= at));
    return one && { node: one.node, offset: at - one.from };
  };
  return spotsOf(text, words).flatMap(([from, until]) => {
    const [start, end] = [place(from, false), place(until, true)];
    if (!start || !end) return [];
    const range = new Range();
    range.setStart(start.node, start.offset);
    range.setEnd(end.node, end.offset);
    return [range];
  });
}
