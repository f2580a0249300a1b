"""Plain text with spans as Discord's Markdown. Pure; the other way is `markdown.py`.

What a person did not mean as formatting is escaped, so a reader sees the text as it was written.
"""

import re
from collections.abc import Iterator, Sequence

from connectors.discord.markdown import Names, read_text
from core.rich_text import ENTRY, Mark, Span, normalised

MARKS = (
    Mark.BOLD,
    Mark.ITALIC,
    Mark.UNDERLINE,
    Mark.STRIKE,
    Mark.SPOILER,
    Mark.CODE,
    Mark.PRE,
    Mark.QUOTE,
    Mark.LINK,
    Mark.LIST,
    Mark.MENTION,
)
_DELIMITERS = {
    Mark.BOLD: "**",
    Mark.UNDERLINE: "__",
    Mark.STRIKE: "~~",
    Mark.SPOILER: "||",
}
_RISKY = ((Mark.ITALIC,), tuple(_DELIMITERS))
"""What is left out, step by step, where the text could not be read back."""
_AMBIGUOUS = frozenset(mark for marks in _RISKY for mark in marks)
_URL = re.compile(r"https?://[^\s<]+[^<.,:;\"'\]\s]", re.IGNORECASE)
_LINE_START = re.compile(r"([ \t]*)(?:(#{1,3} )|(-# )|(>>> |> )|([-*] )|(\d{1,9})(\. ))")
_SPECIAL = re.compile(r"[\\*_~|`\[<]")
_ANGLED = re.compile(r"<(?:[@#:/t]|a:|id:|https?:)")
_BACKTICKS = re.compile(r"`+")
_MASKED = re.compile(r"https?://", re.IGNORECASE)
_INVISIBLE = "\u200b"
"""Zero width space: between backticks that would otherwise end a block of code."""


def write_markdown(text: str, spans: Sequence[Span] = ()) -> str:
    """What to post so that the text looks so. Marks that Discord has no form for are left out.

    `spans` are normal, as in `OutboundMessage`.
    """
    kept = tuple(spans)
    written = _Writer(text).write(0, len(text), kept)
    for left_out in _RISKY:
        if all(span.mark not in _AMBIGUOUS for span in kept) or _reads_as(written, text, kept):
            break
        # Within a word, or side by side, delimiters may pair otherwise than they were meant.
        kept = normalised(text, [span for span in kept if span.mark not in left_out])
        written = _Writer(text).write(0, len(text), kept)
    return written


def _reads_as(written: str, text: str, spans: Sequence[Span]) -> bool:
    """Whether no delimiter is left among the characters that a reader sees."""
    people = {
        span.handle: text[span.start : span.end].removeprefix("@")
        for span in spans
        if span.mark is Mark.MENTION
    }
    seen = read_text(written, Names(people=people))
    return all(seen.count(one) <= text.count(one) for one in "*_~|")


class _Writer:
    def __init__(self, text: str) -> None:
        self._text = text

    def write(self, start: int, end: int, spans: Sequence[Span], *, in_list: bool = False) -> str:
        """The characters from `start` to `end`; the normal spans are all inside."""
        written: list[str] = []
        for span, inner in _outermost(spans):
            written.append(self._plain(start, span.start, in_list=in_list))
            written.append(self._span(span, inner, in_list=in_list))
            start = span.end
        written.append(self._plain(start, end, in_list=in_list))
        return "".join(written)

    def _span(self, span: Span, inner: Sequence[Span], *, in_list: bool) -> str:
        bare = self._text[span.start : span.end]
        if span.mark is Mark.PRE:
            return f"```{span.language}\n{bare.replace('```', f'`{_INVISIBLE}``')}\n```"
        if span.mark is Mark.CODE:
            return _code(bare)
        if span.mark is Mark.MENTION and span.handle.isdigit():
            return f"<@{span.handle}>"
        within = self.write(span.start, span.end, inner, in_list=in_list or span.mark is Mark.LIST)
        match span.mark:
            case Mark.QUOTE:
                return "\n".join(f"> {line}" for line in within.split("\n"))
            case Mark.LINK:
                return _link(bare, within, span.url)
            case Mark.ITALIC:
                delimiter = self._italic(span, inner)
                bare = within.strip()
                left = within[: len(within) - len(within.lstrip())]
                right = within[len(within.rstrip()) :]
                return f"{left}{delimiter}{bare}{delimiter}{right}"
            case mark if mark in _DELIMITERS:
                return f"{_DELIMITERS[mark]}{within}{_DELIMITERS[mark]}"
            case _:
                return within

    def _italic(self, span: Span, inner: Sequence[Span]) -> str:
        """`_` where a star would run into those of bold, if no word is cut by it."""
        touches_bold = any(
            one.mark is Mark.BOLD and (one.start == span.start or one.end == span.end)
            for one in inner
        )
        before, after = self._text[: span.start][-1:], self._text[span.end :][:1]
        cuts_word = any(one.isalnum() or one == "_" for one in (before, after))
        return "_" if touches_bold and not cuts_word else "*"

    def _plain(self, start: int, end: int, *, in_list: bool) -> str:
        if start >= end:
            return ""
        if self._text.find("://", start, end) < 0:
            return self._escaped(start, end, in_list=in_list)
        written: list[str] = []
        at = start
        for found in _URL.finditer(self._text, start, end):
            written.append(self._escaped(at, found.start(), in_list=in_list))
            written.append(found[0])
            at = found.end()
        written.append(self._escaped(at, end, in_list=in_list))
        return "".join(written)

    def _escaped(self, start: int, end: int, *, in_list: bool) -> str:
        written: list[str] = []
        while start < end:
            after = self._text.find("\n", start, end) + 1 or end
            written.append(self._line(start, after, in_list=in_list))
            start = after
        return "".join(written)

    def _line(self, start: int, end: int, *, in_list: bool) -> str:
        """One line, or what of it is left, with its line break."""
        text, begun = self._text, ""
        if start == 0 or text[start - 1] == "\n":
            if in_list and (entry := ENTRY.match(text, start, end)):
                begun = re.sub(r"[•‣◦▪*-]", "-", entry[0])
                start = entry.end()
            elif found := _LINE_START.match(text, start, end):
                begun = (
                    f"{found[1]}{found[6]}\\." if found[6] else f"{found[1]}\\{text[found.end(1)]}"
                )
                start = found.end(6) + 1 if found[6] else found.end(1) + 1
        if not _SPECIAL.search(text, start, end):
            return begun + text[start:end]
        written = [begun]
        for found in _SPECIAL.finditer(text, start, end):
            at = found.start()
            if self._is_risky(at):
                written += (text[start:at], "\\")
                start = at
        written.append(text[start:end])
        return "".join(written)

    def _is_risky(self, at: int) -> bool:
        """Whether this special character could be read as formatting."""
        text = self._text
        character = text[at]
        before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
        match character:
            case "*":
                return not (before.isspace() and after.isspace())
            case "_":
                return not (before.isalnum() and after.isalnum())
            case "~" | "|":
                return character in (before, after)
            case "[":
                return text.find("](", at) >= 0
            case "<":
                return _ANGLED.match(text, at) is not None
            case _:
                return True


def _outermost(spans: Sequence[Span]) -> Iterator[tuple[Span, Sequence[Span]]]:
    """Each span that no other holds, with those that it holds."""
    at = 0
    while at < len(spans):
        span, first = spans[at], at + 1
        at = first
        while at < len(spans) and spans[at].start < span.end:
            at += 1
        yield span, spans[first:at]


def _code(text: str) -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    if longest == 0:
        return f"`{text}`"
    fence = "`" if longest != 1 else "``"
    left = " " if text.startswith("`") else ""
    right = " " if text.endswith("`") else ""
    return f"{fence}{left}{text}{right}{fence}"


def _link(bare: str, label: str, url: str) -> str:
    """A masked link; where Discord does not mask, the address stands beside its label."""
    if bare == url:
        return url
    if not _MASKED.match(url):
        address = url.partition(":")[2]
        return label if bare == address else f"{label} ({address})"
    if _MASKED.search(bare) or "]" in bare or "[" in bare:
        return f"{label} (<{url}>)"
    return f"[{label}](<{url}>)" if any(one in url for one in "()") else f"[{label}]({url})"
