"""What a mail says: the reply alone, all that stands there, and its HTML made safe."""

import html as html_escape
import re

import msgspec

from connectors.email.html.marks import has_marks
from connectors.email.html.rendering import text_of, to_lines
from connectors.email.html.safe import make_safe
from connectors.email.reading.addresses import read_addresses
from connectors.email.reading.headers import Headers
from connectors.email.reading.mime import Body, Mail
from connectors.email.reading.protection import without_armour
from connectors.email.reply_text.heads import answers_something, is_forward_subject
from connectors.email.reply_text.lines import Line, read_lines
from connectors.email.reply_text.quoting import Around, reply_of_lines
from connectors.email.reply_text.sign_offs import NOBODY, Writer
from core.messages import MAX_TEXT, scrub

_BLANK = Line(shown="", text="")
_STUB = 300
"""Characters below which a plain form beside long HTML may be "Please use another program"."""
_NOT_COMPARED = re.compile(r"<?https?://[^\s<>]{0,2000}>?|\[(?:cid|image):[^\]]{0,200}\]|[\W_]+")


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    reply: str
    full: str
    html: str | None


def read_texts(mail: Mail) -> Texts:
    """What was written now, all that stands there, and safe HTML if there is any."""
    around = _around(mail.headers)
    stretches = [_lines_of(body) for body in mail.bodies]
    full = "\n\n".join(text for lines in stretches if (text := text_of(lines)))
    reply = reply_of_lines(_joined(stretches), around)
    if any(body.html is not None and body.plain and has_marks(body.html) for body in mail.bodies):
        marked = [_html_lines_of(body) or _lines_of(body) for body in mail.bodies]
        said = reply_of_lines(_joined(marked), around)
        reply = _closer_cut(reply or full, said, full=full)
    return Texts(
        reply=scrub(reply or full)[:MAX_TEXT], full=scrub(full)[:MAX_TEXT], html=_safe_html(mail)
    )


def _around(headers: Headers) -> Around:
    subject = headers.text("subject")
    is_answer = answers_something(subject) or any(
        headers.raw_all(name) for name in ("in-reply-to", "references")
    )
    senders = read_addresses(headers.raw_first("from")).mailboxes
    return Around(
        is_forward=is_forward_subject(subject),
        new_subject=None if is_answer else subject,
        writer=Writer(address=senders[0].address, name=senders[0].name) if senders else NOBODY,
    )


def _lines_of(body: Body) -> list[Line]:
    """The plain form, or the HTML if that alone says something."""
    if body.plain is None or not body.plain.strip():
        return _html_lines_of(body)
    if body.html is not None and len(body.plain) < _STUB and len(body.html) > 10 * _STUB:
        rendered = _html_lines_of(body)
        if len(text_of(rendered)) > 10 * len(body.plain.strip()):
            return rendered
    return read_lines(without_armour(body.plain).strip("\n"))


def _html_lines_of(body: Body) -> list[Line]:
    return _joined([to_lines(html) for html in body.htmls])


def _joined(stretches: list[list[Line]]) -> list[Line]:
    joined: list[Line] = []
    for lines in stretches:
        if joined and lines:
            joined.append(_BLANK)
        joined += lines
    return joined


def _closer_cut(reply: str, said: str, *, full: str) -> str:
    """Of the replies read in the plain form and in the HTML, the one that leaves more history out.

    The plain form is kept as it is written, up to where the HTML says that the words end.
    """
    if not said:
        return reply
    words, own_words = _compared(reply), _compared(said)
    if words.startswith(own_words):
        return _cut(reply, len(own_words))
    return said if reply.strip() == full.strip() and len(own_words) < len(words) else reply


def _compared(text: str) -> str:
    return _NOT_COMPARED.sub("", text).lower()


def _cut(text: str, length: int) -> str:
    """The first lines of it that hold so many compared characters."""
    kept: list[str] = []
    left = length
    for line in text.split("\n"):
        size = len(_compared(line))
        if left <= 0 and size:
            break
        kept.append(line)
        left -= size
    return "\n".join(kept).strip()


def _safe_html(mail: Mail) -> str | None:
    """Each part is made safe as a document of its own: nothing left open in one reaches another."""
    if not any(body.htmls for body in mail.bodies):
        return None
    parts = [part for body in mail.bodies for part in _safe_parts(body)]
    shown = parts[0] if len(parts) == 1 else "\n".join(f"<div>{part}</div>" for part in parts)
    return scrub(shown) or None


def _safe_parts(body: Body) -> list[str]:
    safe = [safe for html in body.htmls if (safe := make_safe(html))]
    if safe or not (body.plain or body.htmls):
        return safe
    text = body.plain if body.plain is not None else text_of(_html_lines_of(body))
    return [f"<pre>{html_escape.escape(text)}</pre>"] if text.strip() else []
