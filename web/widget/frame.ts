import type { FromFrame, ToFrame } from "./embed";

// The document of the framed chat. Who may embed it the desk has told the browser already.
const account = location.pathname.split("/").at(-1)!;
const happenings = ["ready", "open", "close", "message", "unread", "expired"];

async function begin(port: MessagePort, page: string): Promise<void> {
  const { start } = await import("./widget");
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  document.body.append(host);
  const say = (said: FromFrame) => port.postMessage(said);
  let covered: (covers: boolean) => void = () => undefined;
  let moved: (page: string) => void = () => undefined;
  const asked = new Map<number, (token: string) => void>();
  let last = 0;
  const run = start({
    host,
    root,
    desk: location.origin,
    account,
    // By the embedding page too: where browsers keep one storage for all, two sites still never meet.
    key: `onethread:${location.origin}:${account}:${page}`,
    covers: (changed) => (covered = changed),
    watchPage: (found) => {
      moved = found;
      say({ asksPage: true });
      return () => undefined;
    },
    looked: (isOpen, side) => say({ look: { isOpen, side } }),
  });
  for (const happening of happenings) run(["on", happening, (value: unknown) => say({ happening, value: plain(value) })]);
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      asked.set(++last, (token) => (token ? resolve(token) : reject(new Error("the page gave no token"))));
      say({ ask: last });
    });
  port.onmessage = ({ data }: MessageEvent<ToFrame>) => {
    if ("covers" in data) covered(data.covers);
    else if ("page" in data) moved(data.page);
    else if ("answer" in data) {
      asked.get(data.answer)?.(data.token ?? "");
      asked.delete(data.answer);
    } else if (data.command[0] === "identify" && data.command[1] === null) run(["identify", ask]);
    else run(data.command);
  };
  say({ isReady: true });
}

const plain = (value: unknown) => (value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown));

addEventListener("message", function first(event) {
  if (event.source !== parent || parent === window || !event.ports[0]) return;
  removeEventListener("message", first);
  void begin(event.ports[0], event.origin);
});
