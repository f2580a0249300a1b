"""What a mail says: the reply alone, all that stands there, and its HTML made safe."""

import html as html_escape

import msgspec

from connectors.email.html.safe import make_safe, to_text, without_history
from connectors.email.reading.mime import Body, Mail
from connectors.email.reply_text.quoting import reply_of
from core.messages import MAX_TEXT, scrub


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    reply: str
    full: str
    html: str | None


def read_texts(mail: Mail) -> Texts:
    """What was written now, all that stands there, and safe HTML if there is any."""
    replies: list[str] = []
    fulls: list[str] = []
    for body in mail.bodies:
        if body.plain is not None and body.plain.strip():
            fulls.append(body.plain.strip())
            replies.append(body.plain.strip())
        elif body.html is not None:
            fulls.append(to_text(body.html))
            replies.append(to_text(without_history(body.html)) or fulls[-1])
    full = "\n\n".join(one for one in fulls if one)
    reply = reply_of("\n\n".join(one for one in replies if one))
    return Texts(
        reply=scrub(reply or full)[:MAX_TEXT], full=scrub(full)[:MAX_TEXT], html=_safe_html(mail)
    )


def _safe_html(mail: Mail) -> str | None:
    if not any(body.html for body in mail.bodies):
        return None
    safe = make_safe("\n".join(_as_html(body) for body in mail.bodies))
    return scrub(safe.html) if safe is not None and safe.html else None


def _as_html(body: Body) -> str:
    if body.html is not None:
        return body.html
    return f"<pre>{html_escape.escape(body.plain or '')}</pre>"
