import type { Command } from "./widget";

// One statement in a function: a classic script of somebody else's page leaves no names behind.
(() => {
  const script = document.currentScript as HTMLScriptElement;
  const { account, color, frame } = script.dataset;
  // A file that a page keeps itself says whose chat it is.
  const desk = (import.meta.env.MODE === "whole" && script.dataset.desk) || new URL(script.src).origin;
  const page = window as unknown as { onethread?: Command[] | { run: unknown } };
  const waiting = page.onethread || [];
  if (!account || !Array.isArray(waiting)) return;

  const key = `onethread:${desk}:${account}`;
  let kept: { guest?: object; signed?: object; look?: { color?: string; position?: string } } = {};
  let waits = frame;
  try {
    kept = JSON.parse(localStorage.getItem(key)!) || kept;
    waits ??= Object.keys(localStorage).find((name) => name.startsWith(key + "#"));
  } catch {
    // A page may forbid it; then this visit is all there is.
  }
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  let run: ((command: Command) => void) | undefined;
  let loading: Promise<unknown> | null | undefined;

  const load = () =>
    (loading ??= (frame ? import("./embed") : import("./widget")).then(
      ({ start }) => {
        run = start({ host, root, desk, account, key });
        waiting.splice(0).forEach(run);
      },
      () => (loading = null), // The next approach asks again.
    ));
  const push = (command: Command) => {
    if (run) run(command);
    else if (command[0] === "destroy") host.remove();
    else waiting.push(command);
    if (command[0] === "open") void load();
  };
  const api: Record<string, unknown> = { push, desk };
  for (const name of "open,close,identify,logout,setLocale,setTheme,on,prefill,destroy".split(","))
    api[name] = (...values: unknown[]) => push([name, ...values]);
  page.onethread = api as never;

  const sheet = new CSSStyleSheet();
  const shown = kept.look?.color ?? color ?? "#0f766e";
  const side = kept.look?.position === "left" ? "left" : "right";
  sheet.replaceSync(
    `:host{all:initial;position:fixed;z-index:999999999;bottom:20px;${side}:20px}button{display:block;width:56px;height:56px;border:0;border-radius:50%;background:${shown};box-shadow:0 4px 16px #0004}button:before{content:"";display:block;width:24px;height:24px;margin:auto;background:#fff;clip-path:path("M4 3h16q2 0 2 2v10q0 2-2 2h-7l-7 5v-5H4q-2 0-2-2V5q0-2 2-2")}`,
  );
  root.adoptedStyleSheets = [sheet];
  const button = document.createElement("button");
  button.ariaLabel = "Chat";
  button.onfocus = button.onpointerenter = load;
  // Already at the press: by the time it is released the widget may have taken the button's place.
  button.onclick = button.onpointerdown = () => push(["open"]);
  root.append(button);

  const draw = () => {
    document.body.append(host);
    if (kept.guest || kept.signed || waits || waiting.some(([name]) => name === "open")) void load();
  };
  if (document.body) draw();
  else addEventListener("DOMContentLoaded", draw);
})();
