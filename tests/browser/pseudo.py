"""A language of longer words, made of the English ones. What of it is cut off is a fault.

It stands in for Russian: what is still in Cyrillic then is a date or a number of the browser's, and
what is in plain English comes from a person, from a connector, or from nowhere it should.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from playwright.async_api import BrowserContext, Route

from tests.rig.product import ROOT

WORDS = ROOT / "web" / "shared" / "i18n"
MARK = "ø"
_LITERAL = r"`((?:[^`\\]|\\.)*)`"
_TABLE = re.compile(rf"JSON\.parse\({_LITERAL}\)|{_LITERAL}\.split\(`\n`\)", re.DOTALL)
"""Texts as they are built: JSON or lines in a template literal, which escapes with backslashes."""
_WORD = re.compile(r"[^\W\d_]+")


def longer(text: str) -> str:
    """Each word two fifths longer, at least by one letter; what stands in braces as it is."""
    depth = 0
    made = []
    for piece in re.split(r"([{}])", text):
        if depth == 0 and piece not in "{}":
            piece = _WORD.sub(lambda one: one[0] + MARK * max(1, round(len(one[0]) * 0.4)), piece)
        depth += (piece == "{") - (piece == "}")
        made.append(piece)
    whole = "".join(made)
    return whole if MARK in whole or not _WORD.search(text) else f"{whole} {MARK}"


def sources() -> list[dict[str, str]]:
    """The English words as they are shipped: one table for each part of the page."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(WORDS.rglob("en.json"))]


async def speak(context: BrowserContext) -> None:
    """Pages of this context get the longer words where they ask for the Russian ones."""
    made = list(_longer_of_russian())

    async def answer(route: Route) -> None:
        built = await (await route.fetch()).text()
        body = _TABLE.sub(lambda found: _told(made, found), built)
        await route.fulfill(body=body, content_type="text/javascript")

    await context.route(re.compile(r"/assets/\w+\.ru-[^/]+\.js$"), answer)


def _longer_of_russian() -> Iterator[tuple[object, object]]:
    """As a table and as its texts alone in English's order (`web/shared/texts.ts`)."""
    for path in sorted(WORDS.rglob("en.json")):
        russian = json.loads(path.with_name("ru.json").read_text("utf-8"))
        words = {key: longer(text) for key, text in json.loads(path.read_text("utf-8")).items()}
        yield russian, words
        yield [russian[key] for key in words], list(words.values())


def _told(made: list[tuple[object, object]], found: re.Match[str]) -> str:
    literal = re.sub(r"\\(.)", r"\1", found[1] or found[2])
    asked = json.loads(literal) if found[1] else literal.split("\n")
    words = next(longer for russian, longer in made if russian == asked)
    return f"JSON.parse({json.dumps(json.dumps(words))})"
