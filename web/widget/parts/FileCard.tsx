import { useEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../chat";
import type { FileView } from "../frames";
import { t } from "../words";
import { fileSize } from "../words/shown";
import { Icon } from "./icons";
import { save } from "./save";

const PICTURE = /^image\/(png|jpeg|gif|webp)$/;
const LARGEST_PICTURE = 4_000_000;
const WIDTH = 240;
const HEIGHT = 280;

/** Drawn on a canvas: no page's `img-src` has to allow it, and no picture runs anything. */
async function draw(canvas: HTMLCanvasElement, blob: Blob): Promise<void> {
  const picture = await createImageBitmap(blob);
  const scale = Math.min(1, WIDTH / picture.width, HEIGHT / picture.height);
  const sharp = devicePixelRatio || 1;
  canvas.width = picture.width * scale * sharp;
  canvas.height = picture.height * scale * sharp;
  canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
}

export function FileCard({ chat, file, isSent }: { chat: Chat; file: FileView; isSent: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isDrawn, setDrawn] = useState(false);
  const isPicture = isSent && PICTURE.test(file.media_type) && file.size <= LARGEST_PICTURE;
  useEffect(() => {
    if (!isPicture) return;
    chat
      .fetchFile(file.id)
      .then((blob) => draw(canvas.current!, blob))
      .then(() => {
        setDrawn(true);
        chat.drawn.value++;
      })
      .catch(() => undefined);
  }, [file.id, isPicture]);
  const fetchIt = () => {
    if (isSent) void chat.fetchFile(file.id).then((blob) => save(blob, file.name)).catch(() => undefined);
  };
  return (
    <button class={isDrawn ? "file picture" : "file"} onClick={fetchIt} aria-label={t("download", { name: file.name })}>
      {isPicture && <canvas ref={canvas} hidden={!isDrawn} width={0} height={0} />}
      {!isDrawn && (
        <>
          <Icon name="file" />
          <span>
            <b dir="auto">{file.name}</b>
            <small>{fileSize(file.size)}</small>
          </span>
        </>
      )}
    </button>
  );
}
