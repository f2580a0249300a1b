"""Which files are shown inside the text: those that say so, and those that the HTML refers to."""

import re
from dataclasses import replace
from urllib.parse import unquote

from connectors.email.reading.mail import Body, MailFile

_REFERENCE = re.compile(r"\bcid:([^\s\"'<>)]{1,300})", re.IGNORECASE)


def mark_inline(files: list[MailFile], bodies: list[Body]) -> tuple[MailFile, ...]:
    """A picture that the text shows is inline, though its part may call itself an attachment."""
    if not any(file.content_id and not file.is_inline for file in files):
        return tuple(files)
    referred: set[str] = set()
    for body in bodies:
        for html in body.htmls:
            referred.update(unquote(one).lower() for one in _REFERENCE.findall(html))
    return tuple(
        replace(file, is_inline=True)
        if file.content_id and file.content_id.lower() in referred
        else file
        for file in files
    )
