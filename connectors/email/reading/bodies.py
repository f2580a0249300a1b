"""Parts that are text, as text: decoded, unfolded, and the best form of each alternative."""

import re

from connectors.email.reading.charsets import decode_bytes
from connectors.email.reading.flowed import unflow
from connectors.email.reading.mail import Body
from connectors.email.reading.parameters import Parameters
from connectors.email.reading.rich_text import enriched_to_text, rtf_to_text
from connectors.email.reading.transfer import UuFile, find_uuencoded

MAX_BODY = 1_000_000
"""Characters of one body that are looked at."""
MAX_BODY_BYTES = 4 * MAX_BODY

_META_CHARSET = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}(?:charset|encoding)\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{1,40})",
    re.IGNORECASE,
)


def to_body(
    content: bytes, content_type: Parameters, media_type: str, hint: str | None = None
) -> Body:
    content = content[:MAX_BODY_BYTES]
    charset = content_type.get("charset")
    if media_type == "text/html":
        if not charset and (meta := _META_CHARSET.search(content, 0, 4096)) is not None:
            charset = meta[1].decode("ascii", "replace")
        return Body(html=decode_bytes(content, charset, hint)[:MAX_BODY])
    text = decode_bytes(content, charset, hint)[:MAX_BODY]
    if media_type.endswith("/rtf"):
        return Body(plain=rtf_to_text(text), is_converted=True)
    if media_type in ("text/enriched", "text/richtext"):
        return Body(plain=enriched_to_text(_lines(text)), is_converted=True)
    text = _lines(text)
    if content_type.get("format").lower() == "flowed":
        text = unflow(text, delete_space=content_type.get("delsp").lower() == "yes")
    return Body(plain=text)


def alternative_of(forms: list[list[Body]]) -> list[Body]:
    """The same thing in several forms (RFC 2046, 5.1.4), each the bodies of one part.

    The last HTML is the best one; the plain form is the first that has any text, unless it was
    made of something else.
    """
    bodies = [body for form in forms for body in form]
    if len(bodies) < 2:
        return bodies
    plains = [
        [body for body in form if body.plain is not None and body.plain.strip()] for form in forms
    ]
    written = [form for form in plains if form and not any(body.is_converted for body in form)]
    plain = next(iter(written or [form for form in plains if form]), [])
    htmls = [[html for body in form for html in body.htmls] for form in forms]
    html = next((form for form in reversed(htmls) if form), [])
    return [
        Body(
            plain="\n".join(body.plain for body in plain if body.plain is not None) or None,
            html=html[0] if html else None,
            more_html=tuple(html[1:]),
            is_converted=bool(plain) and not written,
        )
    ]


def without_uuencoded(content: bytes) -> tuple[bytes, list[UuFile]]:
    """The text without the files that stand in it, and the files."""
    found = find_uuencoded(content)
    if not found:
        return content, []
    pieces = []
    position = 0
    for file in found:
        pieces.append(content[position : file.start])
        position = file.end
    pieces.append(content[position:])
    return b"".join(pieces), found


def _lines(text: str) -> str:
    if "\r" not in text:
        return text
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
