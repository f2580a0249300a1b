"""Discord's Markdown as plain text with spans. Pure.

https://discord.com/developers/docs/reference#message-formatting; its clients' rules beyond that.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.rich_text import Mark, Span, is_safe_url, normalised
from core.rich_text_cuts import RichText

DEEPEST = 20
"""Marks within marks; more are read as the characters that they are."""

_NEXT = re.compile(r"[\\*_~|`<\[\n]|[hH][tT][tT][pP][sS]?://")
"""Where a plain stretch ends, if it may be followed by a block."""
_NEXT_INLINE = re.compile(r"[\\*_~|`<\[]|[hH][tT][tT][pP][sS]?://")
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
_URL = re.compile(r"https?://[^\s<]+[^<.,:;\"'\]\s]", re.IGNORECASE)
_FENCE = re.compile(r"```(?:([A-Za-z0-9_+\-.#]+)\n)?\n*([^\n][\s\S]*?)\n*```")
_CODE = re.compile(r"(`+)([\s\S]*?[^`])\1(?!`)")
_PADDING = re.compile(r"^ (?= *`)|(?<=`) $")
_LINK = re.compile(r"\[((?:\\[\s\S]|[^\[\]\\])+)\]\((?:<([^<>\s]+)>|([^\s<>()]+))\)")
_INLINE: Mapping[str, tuple[tuple[re.Pattern[str], Mark], ...]] = {
    "*": (
        (re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)"), Mark.BOLD),
        (
            re.compile(
                r"\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^*\s\\]|\*\*)|[^\s*\\])+?)\*(?!\*)"
            ),
            Mark.ITALIC,
        ),
    ),
    "_": (
        (re.compile(r"__((?:\\[\s\S]|[^\\])+?)__(?!_)"), Mark.UNDERLINE),
        (re.compile(r"\b_((?:__|\\[\s\S]|[^\\_])+?)_\b"), Mark.ITALIC),
    ),
    "~": ((re.compile(r"~~((?:\\[\s\S]|[^\\])+?)~~"), Mark.STRIKE),),
    "|": ((re.compile(r"\|\|((?:\\[\s\S]|[^\\])+?)\|\|"), Mark.SPOILER),),
}
_ANGLED = re.compile(
    r"<(?:(?P<person>@!?)(?P<person_id>\d+)|@&(?P<role>\d+)|#(?P<channel>\d+)"
    r"|a?:(?P<emoji>\w+):\d+|/(?P<command>[^<>:\n]+):\d+|t:(?P<time>-?\d+)(?::[a-zA-Z])?"
    r"|(?P<url>https?://[^\s<>]+))>"
)
_BLOCK = re.compile(r"[ \t]*[>#*\d-]")
"""How each of the blocks below begins."""
_QUOTE = re.compile(r" *> [^\n]*(?:\n *>(?: [^\n]*|(?=\n|$)))*")
_QUOTE_TO_END = re.compile(r" *>>> ([\s\S]*)")
_QUOTE_MARK = re.compile(r"^ *> ?", re.MULTILINE)
_HEADING = re.compile(r" *#{1,3} +([^\n]+)")
_SMALL = re.compile(r" *-# +(?=\S)")
_LIST = re.compile(r"[ \t]*(?:[-*]|\d{1,9}\.) +\S[^\n]*(?:\n[ \t]*(?:[-*]|\d{1,9}\.) +\S[^\n]*)*")
_LIST_LINE = re.compile(r"([ \t]*)([-*]|\d{1,9}\.) +([^\n]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What ids in a text stand for, as far as it is known."""

    people: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)


def read_markdown(source: str, names: Names | None = None) -> RichText:
    """The text as its readers see it, and how it looks; mentions by name, emojis as `:name:`."""
    reader = _Reader(names or Names())
    reader.read(source, depth=0, has_blocks=True)
    text = "".join(reader.pieces)
    return RichText(text, normalised(text, reader.spans))


def read_text(source: str, names: Names | None = None) -> str:
    """The text alone, as its readers see it."""
    reader = _Reader(names or Names(), has_spans=False)
    reader.read(source, depth=0, has_blocks=True)
    return "".join(reader.pieces)


class _Reader:
    def __init__(self, names: Names, *, has_spans: bool = True) -> None:
        self.pieces: list[str] = []
        self.spans: list[Span] = []
        self._names = names
        self._has_spans = has_spans
        self._length = 0

    def read(
        self, source: str, *, depth: int, has_blocks: bool = False, is_quoted: bool = False
    ) -> None:
        at, next_one = 0, _NEXT if has_blocks else _NEXT_INLINE
        while at < len(source):
            if (
                has_blocks
                and (at == 0 or source[at - 1] == "\n")
                and _BLOCK.match(source, at)
                and (after := self._block(source, at, depth, is_quoted)) > at
            ):
                at = after
                continue
            found = next_one.search(source, at)
            if found is None:
                self._say(source[at:])
                return
            if found.start() > at:
                self._say(source[at : found.start()])
            at = self._inline(source, found.start(), depth)

    def _say(self, text: str) -> None:
        if text:
            self.pieces.append(text)
            self._length += len(text)

    def _mark(
        self, mark: Mark, start: int, *, url: str = "", language: str = "", handle: str = ""
    ) -> None:
        if self._has_spans:
            self.spans.append(
                Span(
                    mark=mark,
                    start=start,
                    end=self._length,
                    url=url,
                    language=language,
                    handle=handle,
                )
            )

    def _block(self, source: str, at: int, depth: int, is_quoted: bool) -> int:
        """Where the block that begins here ends; `at` if none does."""
        start = self._length
        if not is_quoted and depth < DEEPEST:
            if found := _QUOTE_TO_END.match(source, at):
                self.read(found[1], depth=depth + 1, has_blocks=True, is_quoted=True)
                self._mark(Mark.QUOTE, start)
                return found.end()
            if found := _QUOTE.match(source, at):
                inner = _QUOTE_MARK.sub("", found[0])
                self.read(inner, depth=depth + 1, has_blocks=True, is_quoted=True)
                self._mark(Mark.QUOTE, start)
                return found.end()
        if found := _HEADING.match(source, at):
            self.read(found[1], depth=depth + 1)
            self._mark(Mark.BOLD, start)
            return found.end()
        if found := _SMALL.match(source, at):
            return found.end()
        if found := _LIST.match(source, at):
            for number, line in enumerate(found[0].split("\n")):
                self._say("\n" if number else "")
                parts = _LIST_LINE.fullmatch(line)
                assert parts is not None
                bullet = parts[2] if parts[2][0].isdigit() else "•"
                self._say(f"{parts[1]}{bullet} ")
                self.read(parts[3], depth=depth + 1)
            self._mark(Mark.LIST, start)
            return found.end()
        return at

    def _inline(self, source: str, at: int, depth: int) -> int:
        """Read what begins here, a character at least that may mean something; where it ends."""
        character = source[at]
        if character == "\\" and (found := _ESCAPED.match(source, at)):
            self._say(found[1])
            return found.end()
        if character in "hH" and (found := _URL.match(source, at)):
            self._address(found[0])
            return found.end()
        if character == "`":
            return self._code(source, at)
        if character == "<" and (found := _ANGLED.match(source, at)):
            self._angled(found)
            return found.end()
        if depth < DEEPEST:
            if character == "[" and (found := _LINK.match(source, at)):
                return self._link(found, depth)
            for pattern, mark in _INLINE.get(character, ()):
                if found := pattern.match(source, at):
                    start = self._length
                    self.read(found[1], depth=depth + 1)
                    self._mark(mark, start)
                    return found.end()
        self._say(character)
        return at + 1

    def _code(self, source: str, at: int) -> int:
        if found := _FENCE.match(source, at):
            if self.pieces and not self.pieces[-1].endswith("\n"):
                self._say("\n")
            start = self._length
            self._say(found[2])
            self._mark(Mark.PRE, start, language=found[1] or "")
            if found.end() < len(source) and source[found.end()] != "\n":
                self._say("\n")
            return found.end()
        if found := _CODE.match(source, at):
            start = self._length
            self._say(_PADDING.sub("", found[2]))
            self._mark(Mark.CODE, start)
            return found.end()
        end = at
        while end < len(source) and source[end] == "`":
            end += 1
        self._say(source[at:end])
        return end

    def _link(self, found: re.Match[str], depth: int) -> int:
        url = found[2] or found[3]
        if not is_safe_url(url):
            self._say("[")
            return found.start() + 1
        start = self._length
        self.read(found[1], depth=depth + 1)
        self._mark(Mark.LINK, start, url=url)
        return found.end()

    def _address(self, url: str) -> None:
        start = self._length
        self._say(url)
        self._mark(Mark.LINK, start, url=url)

    def _angled(self, found: re.Match[str]) -> None:
        start = self._length
        if number := found["person_id"]:
            self._say(f"@{self._names.people.get(number, number)}")
            self._mark(Mark.MENTION, start, handle=number)
        elif number := found["role"]:
            self._say(f"@{self._names.roles.get(number, 'role')}")
        elif number := found["channel"]:
            self._say(f"#{self._names.channels.get(number, 'channel')}")
        elif found["emoji"]:
            self._say(f":{found['emoji']}:")
        elif found["command"]:
            self._say(f"/{found['command']}")
        elif found["time"]:
            self._say(_shown_time(int(found["time"])) or found[0])
        else:
            self._address(found["url"])


def _shown_time(seconds: int) -> str:
    """Empty for a moment outside the calendar."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return ""
