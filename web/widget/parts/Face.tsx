import { useEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../chat";
import { Faces } from "../faces";
import { adopt } from "../styles";

const SIDE = 32;
const LOOK = `.face{position:relative}.face canvas{position:absolute;inset:0;width:100%;height:100%;border-radius:50%}`;

const known = new WeakMap<Chat, Faces>();
let isDressed = false;

function facesOf(chat: Chat): Faces {
  if (!isDressed) adopt(LOOK);
  isDressed = true;
  const faces = known.get(chat) ?? new Faces(chat.api, () => chat.sessions.get());
  known.set(chat, faces);
  return faces;
}

/** The photo of whoever wrote an answer, over the first letter of their name. On a canvas: no page's `img-src` has to allow it. */
export function Face({ chat, seq }: { chat: Chat; seq: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isDrawn, setDrawn] = useState(false);
  useEffect(() => {
    let isWanted = true;
    // Until this answer's author is known nobody's photo stands at it.
    setDrawn(false);
    void facesOf(chat)
      .of(seq)
      .then((photo) => {
        const sheet = canvas.current;
        if (!isWanted || !photo || !sheet) return;
        sheet.width = sheet.height = SIDE * Math.ceil(devicePixelRatio || 1);
        const side = Math.min(photo.width, photo.height);
        const [x, y] = [(photo.width - side) / 2, (photo.height - side) / 2];
        sheet.getContext("2d")?.drawImage(photo, x, y, side, side, 0, 0, sheet.width, sheet.height);
        setDrawn(true);
      });
    return () => void (isWanted = false);
  }, [seq]);
  return <canvas ref={canvas} hidden={!isDrawn} width={0} height={0} />;
}
