"""The words of a mail of ours: the text, its HTML alternative, and a signature below both. Pure."""

import re
from html import escape

from connectors.email.sending.header_lines import plain

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
