"""The words of a mail of ours: the text, its HTML alternative, and a signature below both. Pure."""

import re
from collections.abc import Sequence
from html import escape

from connectors.email.sending.header_lines import plain
from core.rich_html import to_html as rich_html
from core.rich_text import Mark, Span, normalised
from core.rich_text_cuts import fitted

MARKS = tuple(mark for mark in Mark if mark not in (Mark.SPOILER, Mark.MENTION))
"""What every mail program shows; nothing there can be hidden until it is asked for."""
SEPARATOR = "-- "
"""Above a signature (RFC 3676, 4.3): programs fold away what follows it."""
_LINK = re.compile(r"https?://[^\s<>\"']{3,2000}")
_TRAILING = ".,;:!?)]}。，；：！？）】」"
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_STYLE = "font-family:sans-serif;font-size:14px;line-height:1.5"


def with_signature(text: str, signature: str) -> str:
    """The text as it is sent; the stored one has no signature."""
    signature = plain(signature).strip()
    return f"{plain(text)}\n\n{SEPARATOR}\n{signature}" if signature else plain(text)


def to_html(text: str, signature: str = "") -> str:
    """An HTML page that says the same as the text: paragraphs, line breaks, links, no more."""
    paragraphs = [one for one in re.split(r"\n{2,}", plain(text).strip("\n")) if one.strip()]
    made = "".join(f"<p>{_lines(one)}</p>\n" for one in paragraphs)
    page = f'<html><body style="{_STYLE}">\n{made}</body></html>'
    return signed_html(page, signature)


def to_formatted(text: str, spans: Sequence[Span], signature: str = "") -> tuple[str, str]:
    """The plain text and the page of a formatted text; what the one can't show it says in words."""
    if len(plain(text)) != len(text):
        spans = ()  # what is left out below would move them
    words = fitted(text, spans, ()).text
    if not spans:
        return with_signature(words, signature), to_html(words, signature)
    clean = plain(text)
    page = f'<html><body style="{_STYLE}">\n{rich_html(clean, _with_links(clean, spans))}\n'
    return with_signature(words, signature), signed_html(f"{page}</body></html>", signature)


def _with_links(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Addresses that are written out become links too."""
    taken = [one for one in spans if one.mark in (Mark.LINK, Mark.CODE, Mark.PRE)]
    found = []
    for match in _LINK.finditer(text):
        address = match[0].rstrip(_TRAILING)
        start, end = match.start(), match.start() + len(address)
        if not any(one.start < end and one.end > start for one in taken):
            found.append(Span(mark=Mark.LINK, start=start, end=end, url=address))
    return normalised(text, (*spans, *found))


def signed_html(page: str, signature: str) -> str:
    """The page with the signature at the end of its body."""
    page, signature = plain(page), plain(signature).strip()
    if not signature:
        return page
    block = f'<div style="color:#666"><br>{SEPARATOR}<br>{_lines(signature)}</div>\n'
    ends = list(_BODY_END.finditer(page))
    at = ends[-1].start() if ends else len(page)
    return page[:at] + block + page[at:]


def _lines(text: str) -> str:
    return "<br>\n".join(_linked(line) for line in text.split("\n"))


def _linked(line: str) -> str:
    made, done = [], 0
    for found in _LINK.finditer(line):
        address = found[0].rstrip(_TRAILING)
        made.append(_escaped(line[done : found.start()]))
        made.append(f'<a href="{escape(address)}">{escape(address)}</a>')
        done = found.start() + len(address)
    return "".join(made) + _escaped(line[done:])


def _escaped(text: str) -> str:
    """Blanks at the start and several in a row are kept: people indent and align."""
    return escape(text).replace("  ", " &nbsp;")
