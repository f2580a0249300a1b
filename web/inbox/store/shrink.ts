// Pictures made smaller before they go out, in the browser. Nothing but what is seen is kept: no place, no camera's name.

/** Bytes from which on a smaller picture is worth offering. */
export const WORTH = 1_000_000;
/** The longest side, in pixels, of what people look at on their screens. */
export const LONGEST = 2048;
const KINDS = new Set(["image/jpeg", "image/png", "image/webp"]);
const QUALITY = 0.85;

export function isWorth(file: Pick<File, "type" | "size">): boolean {
  return KINDS.has(file.type) && file.size > WORTH;
}

/** Width and height within the longest side, in the same proportion; never larger than before. */
export function fitted(width: number, height: number, longest = LONGEST): { width: number; height: number } {
  const share = Math.min(1, longest / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)) };
}

export const jpegName = (name: string): string => `${name.replace(/\.\w{1,5}$/, "")}.jpg`;

/** The same picture, smaller; null: it cannot be read, or would not get smaller. */
export async function shrink(file: File): Promise<File | null> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!picture) return null;
  const { width, height } = fitted(picture.width, picture.height);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.fillStyle = "white"; // What was seen through has a ground: JPEG has no holes.
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  picture.close();
  const made = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return made && made.size < file.size ? new File([made], jpegName(file.name), { type: "image/jpeg" }) : null;
}
