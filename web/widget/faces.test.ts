import { expect, test, vi } from "vitest";
import { Api } from "./api";
import { Faces } from "./faces";

type Pictures = Record<string, { type: string; size: number }>;

/** A desk that knows these authors' photos; what was asked of it. */
function desk(versions: Record<number, string>, pictures: Pictures): { asked: string[]; faces: Faces } {
  const asked: string[] = [];
  vi.stubGlobal("createImageBitmap", async (blob: Blob) => ({ width: blob.size, height: 1 }));
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const path = url.replace("/hooks/h/", "");
    asked.push(`${path} ${init.credentials} ${(init.headers as Record<string, string>).Authorization}`);
    const listed = /of=(.*)/.exec(path)?.[1]?.split(",").map(Number);
    if (listed) return Response.json({ faces: listed.flatMap((seq) => (versions[seq] ? [{ seq, version: versions[seq] }] : [])) });
    const picture = pictures[path.slice("faces/".length)];
    if (!picture) return Response.json({ code: "not_found", detail: "" }, { status: 404 });
    return new Response(new Uint8Array(picture.size), { headers: { "Content-Type": picture.type } });
  });
  return { asked, faces: new Faces(new Api("/hooks/h"), async () => "t") };
}
const jpeg = (size: number) => ({ type: "image/jpeg", size });

test("answers on the page ask once together, and each photo is fetched once, without a cookie", async () => {
  const { asked, faces } = desk({ 4: "bo", 6: "bo", 9: "eva" }, { bo: jpeg(10), eva: jpeg(20) });
  const found = await Promise.all([4, 5, 6, 9].map((seq) => faces.of(seq)));
  expect(found.map((one) => one?.width)).toEqual([10, undefined, 10, 20]);
  await faces.of(4);
  expect(asked).toEqual(["faces?of=4,5,6,9 omit Bearer t", "faces/bo omit Bearer t", "faces/eva omit Bearer t"]);
});

test("what is no small picture is not drawn, and what is gone leaves the letter", async () => {
  const { faces } = desk({ 1: "huge", 2: "page", 3: "gone" }, { huge: jpeg(100_001), page: { type: "text/html", size: 10 } });
  expect(await Promise.all([1, 2, 3].map((seq) => faces.of(seq)))).toEqual([undefined, undefined, undefined]);
});
