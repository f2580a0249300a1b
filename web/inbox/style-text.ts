// In the build instead of `style-to-object`: bits-ui asks it for style texts with quotes or comments, which its own scan leaves,
// and the browser that draws them reads them as well.

/** Tells each property that the text sets with its value, as the browser has it: shorthands by their parts. */
export default function read(text: string, tell: (name: string, value: string) => void): void {
  const { style } = document.createElement("i");
  style.cssText = text;
  for (const name of Array.from(style)) tell(name, style.getPropertyValue(name));
}
