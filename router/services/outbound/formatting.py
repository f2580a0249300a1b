"""The formatting that an agent gave a text: checked, and fitted to the channel it goes out by."""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence

import msgspec

from core.messages import scrub
from core.rich_text import MAX_SPANS, Mark, Span, is_safe_url, normalised
from core.rich_text_cuts import RichText, stripped
from core.splitting import ToWire
from router.services.errors import Refused

WireOf = Callable[[str], ToWire]
"""What a channel's text limit counts (`Connector.to_wire`), by its name. Raises BadConfig."""


def text_alone(text: str, spans: Sequence[Span]) -> str:
    """Of a channel that counts nothing but the text."""
    return text


def plain_wire(channel: str) -> ToWire:
    """Of every channel the text alone."""
    return text_alone


def checked(text: str, spans: Sequence[Span]) -> RichText:
    """The text without white space around it and what can't be stored, with normal spans.

    Raises Refused with the span at fault: out of the text, or a link that leads nowhere safe.
    """
    if len(spans) > MAX_SPANS:
        raise Refused(f"At most {MAX_SPANS} spans.", code="too_many_spans", field="spans")
    for position, span in enumerate(spans):
        if not 0 <= span.start < span.end <= len(text):
            raise Refused(
                "A span begins before it ends, within the text.",
                code="bad_span",
                field=f"spans[{position}].end",
            )
        if span.mark is Mark.LINK and not is_safe_url(span.url):
            raise Refused(
                "A link leads to a whole http, https, mailto or tel address.",
                code="bad_link",
                field=f"spans[{position}].url",
            )
    if "\x00" in text or "\r" in text:
        text, spans = _without_returns(text, spans)
    clean = scrub(text)
    return stripped(clean, normalised(clean, spans))


_LEFT_OUT = re.compile(r"\x00|\r(?=\n)")


def _without_returns(text: str, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    """Lines end with one LF, and there is no NUL; the spans are where they were."""
    gone = [match.start() for match in _LEFT_OUT.finditer(text)]
    moved = [
        msgspec.structs.replace(
            span,
            start=span.start - bisect_left(gone, span.start),
            end=span.end - bisect_left(gone, span.end),
        )
        for span in spans
    ]
    return _LEFT_OUT.sub("", text).replace("\r", "\n"), moved
