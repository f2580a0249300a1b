"""U16: The pages that people meet first: access, good practice, and the help's pace.

What Lighthouse's three scores ask for, by Chromium's own protocol and axe-core; Lighthouse itself
is 176 MB of packages and reads the same entries (`docs/decisions.md`). Access: the share of axe's
rules that hold, best practices among them. Good practice: the share of what its category judges on
a page of ours. Pace: its desktop line (40 ms, 10 Mbit/s) and its log-normal curves for first paint,
largest paint, blocked time and layout shift; the speed index, a tenth of its score, needs a film
and is left out. Scores are 0 to 100, of the middle one of three loads.
"""

from __future__ import annotations

import math
import statistics
import sys
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, ConsoleMessage, Page, Request

from bench.bar import Figure
from bench.ui.figures import least
from bench.ui.stand import WINDOW, Stand
from tests.browser.desk import AXE

LOADS = 3
SETTLED_MS = 1500
ACCESS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Path, whether the owner is signed in, and the pace that is asked for.
PAGES = (("/login", False, None), ("/inbox/open", True, None), ("/help/en/", False, 95))
LINE = {
    "offline": False,
    "latency": 40,
    "downloadThroughput": 10_240_000 / 8,
    "uploadThroughput": 10_240_000 / 8,
}
# Metric -> its weight, the value for a score of 0.9, and that for 0.5 (Lighthouse's for a desk).
CURVES = {
    "fcp": (0.10, 934.0, 1600.0),
    "lcp": (0.25, 1200.0, 2400.0),
    "tbt": (0.30, 150.0, 350.0),
    "cls": (0.25, 0.1, 0.25),
}
_AT_TENTH = 0.9061938024368232
"""Where the complementary error function is a fifth."""
_WATCH = """() => {
  window.pace16 = {fcp: 0, lcp: 0, tbt: 0, cls: 0};
  const watch = (type, add) => new PerformanceObserver((list) => list.getEntries().forEach(add))
    .observe({type, buffered: true});
  const isFirst = (one) => one.name === "first-contentful-paint";
  watch("paint", (one) => { if (isFirst(one)) pace16.fcp = one.startTime; });
  watch("largest-contentful-paint", (one) => { pace16.lcp = one.startTime; });
  watch("longtask", (one) => { pace16.tbt += Math.max(0, one.duration - 50); });
  watch("layout-shift", (one) => { if (!one.hadRecentInput) pace16.cls += one.value; });
}"""
_STATIC = """() => {
  const pictures = [...document.images].filter((one) => one.naturalWidth && one.clientWidth);
  const isStretched = (one) => Math.abs(
    one.clientWidth / one.clientHeight - one.naturalWidth / one.naturalHeight) > 0.05;
  const paste = new ClipboardEvent("paste", {bubbles: true, cancelable: true});
  const fields = [...document.querySelectorAll("input, textarea")];
  return {
    "a doctype": document.doctype?.name === "html" && document.compatMode === "CSS1Compat",
    "a charset": document.characterSet === "UTF-8",
    "a title": document.title !== "",
    "a language": document.documentElement.lang !== "",
    "a viewport": !!document.querySelector("meta[name=viewport][content*=width]"),
    "pictures in their shape": !pictures.some(isStretched),
    "paste is let in": fields.every((one) => one.dispatchEvent(paste)),
  };
}"""


@dataclass(slots=True)
class Noted:
    """What the browser complained of, and what the page asked for unasked."""

    errors: list[str] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


async def measure(stand: Stand) -> list[Figure]:
    figures = []
    for path, is_signed_in, pace in PAGES:
        context = await (
            stand.another_profile() if is_signed_in else stand.browser.new_context(**WINDOW)
        )
        await context.add_init_script(f"({_WATCH})()")
        scores = [await _look(context, stand.desk.url, path) for _ in range(LOADS)]
        await context.close()
        middle = {name: statistics.median(one[name] for one in scores) for name in scores[0]}
        figures.append(least("U16", f"{path}: access", middle["access"], "of 100", 100))
        figures.append(least("U16", f"{path}: good practice", middle["practice"], "of 100", 95))
        if pace is not None:
            figures.append(least("U16", f"{path}: pace", middle["pace"], "of 100", pace))
    return figures


async def _look(context: BrowserContext, url: str, path: str) -> dict[str, float]:
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    noted = await _listen(page, session, url)
    await session.send("Network.enable")
    await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    await session.send("Network.emulateNetworkConditions", LINE)
    await page.goto(url + path, wait_until="load")
    await page.locator("h1, a, button").first.wait_for()
    await page.wait_for_timeout(SETTLED_MS)
    paces: dict[str, float] = await page.evaluate("() => pace16")
    if not paces["fcp"] or not paces["lcp"]:
        raise RuntimeError(f"{path} painted nothing: {paces}")
    held = {**await page.evaluate(_STATIC), **_held(noted)}
    access = await _access(page, path)
    _tell(path, [name for name, holds in held.items() if not holds], noted)
    await page.close()
    practice = 100 * sum(held.values()) / len(held)
    return {"access": access, "practice": practice, "pace": _pace(paces)}


async def _listen(page: Page, session: CDPSession, url: str) -> Noted:
    noted = Noted()

    def note_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            noted.errors.append(message.text)

    def note_request(request: Request) -> None:
        if request.url.startswith(("http:", "https:")) and not request.url.startswith(url):
            noted.elsewhere.append(request.url)

    page.on("console", note_message)
    page.on("pageerror", lambda error: noted.errors.append(str(error)))
    page.on("request", note_request)
    session.on("Audits.issueAdded", lambda one: noted.issues.append(one["issue"]["code"]))
    await session.send("Audits.enable")
    return noted


def _held(noted: Noted) -> dict[str, bool]:
    return {
        "no error in the console": not noted.errors,
        "no issue of the browser's": not noted.issues,
        "nothing from elsewhere": not noted.elsewhere,
    }


async def _access(page: Page, path: str) -> float:
    """The share of the rules that hold, of those that found something to judge."""
    # By the debugger, since the page's policy lets no script in.
    await page.evaluate(AXE.read_text("utf-8") + "; undefined")
    found: dict[str, Any] = await page.evaluate(
        "async (tags) => { const found = await axe.run(document, {runOnly: tags});"
        " return {held: found.passes.length, bad: found.violations.map((one) => one.id)}; }",
        ACCESS,
    )
    for rule in found["bad"]:
        print(f"U16 {path}: {rule}", file=sys.stderr)  # a bench speaks
    held, bad = int(found["held"]), len(found["bad"])
    return 100 * held / (held + bad)


def _pace(paces: dict[str, float]) -> float:
    weights = sum(weight for weight, _, _ in CURVES.values())
    scored = sum(
        weight * _score(paces[name], good, middle)
        for name, (weight, good, middle) in CURVES.items()
    )
    return 100 * scored / weights


def _score(value: float, good: float, middle: float) -> float:
    """0 to 1: 0.9 at `good`, 0.5 at `middle`, on a log-normal curve."""
    if value <= 0:
        return 1.0
    return float(math.erfc(math.log(value / middle) * _AT_TENTH / math.log(middle / good)) / 2)


def _tell(path: str, missed: list[str], noted: Noted) -> None:
    for name in missed:
        said = [*noted.errors, *noted.issues, *noted.elsewhere]
        print(f"U16 {path}: not {name}: {said}", file=sys.stderr)
