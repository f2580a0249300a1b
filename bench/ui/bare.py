"""A list without a framework, made in the same run: what this machine takes for the same sight."""

from __future__ import annotations

from playwright.async_api import BrowserContext, Page

from bench.ui.stand import watch

_PAGE = """<!doctype html><title>Bare</title><style>
  body { margin: 0; font: 14px sans-serif }
  .rows { position: relative; width: 350px; height: 800px; overflow: auto }
  .all { position: relative }
  .row { position: absolute; display: flex; gap: 12px; width: 330px; height: 84px }
  .face { flex: none; width: 38px; height: 38px; border-radius: 50%; background: #ccd }
  .body { flex: 1; display: grid; min-width: 0 }
  .line { display: flex; gap: 6px; overflow: hidden; white-space: nowrap }
</style><div class="rows scroll"><div class="all" role="list"></div></div>"""
_DRAW = """() => {
  const box = document.querySelector(".rows");
  const all = box.firstElementChild;
  const drawn = new Map();
  const made = (kind, text, ...inside) => {
    const one = document.createElement(kind === "row" ? "a" : "span");
    one.className = kind;
    one.append(text, ...inside);
    return one;
  };
  const row = (at) => {
    const said = ["Name of " + at, "What was said last in number " + at, "Marks of it"];
    const lines = said.map((text) =>
      made("line", "", made("text", text), made("end", "3 min"), made("mark", "·")));
    const one = made("row", "", made("face", ""), made("body", "", ...lines));
    one.href = "#" + at;
    one.style.top = at * 84 + "px";
    one.setAttribute("role", "listitem");
    return one;
  };
  const draw = () => {
    const first = Math.max(0, Math.floor(box.scrollTop / 84) - 2);
    for (const [at, one] of drawn) {
      if (at < first || at > first + 14) one.remove(), drawn.delete(at);
    }
    for (let at = first; at < first + 14; at += 1) {
      if (!drawn.has(at)) drawn.set(at, all.appendChild(row(at)));
    }
  };
  all.style.height = 50000 * 84 + "px";
  box.addEventListener("scroll", draw);
  draw();
}"""


async def open_bare(context: BrowserContext) -> Page:
    """A page that scrolls as the list does, with the measuring script in it."""
    page = await context.new_page()
    await watch(page)
    await page.goto("about:blank")
    await page.set_content(_PAGE)
    await page.evaluate(_DRAW)
    return page
