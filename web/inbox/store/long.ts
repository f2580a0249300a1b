// Whether a text is shown folded at first. Pure.

/** Letters of a line of a bubble on a wide page; Chinese ones take the room of two. */
const LINE = 85;
/** Lines from which a text is folded: well more than are left of it then, or the button saves nothing. */
const LONG = 26;
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/g;

export function isLong(text: string): boolean {
  if (text.length < LONG) return false;
  let count = 0;
  for (const line of text.split("\n")) {
    count += Math.max(1, Math.ceil((line.length + (line.match(WIDE)?.length ?? 0)) / LINE));
    if (count > LONG) return true;
  }
  return false;
}
