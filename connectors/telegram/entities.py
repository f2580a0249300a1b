"""Telegram's message entities <-> spans. Pure.

Entities count UTF-16 units, spans code points. https://core.telegram.org/bots/api#messageentity
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from core.rich_text import Mark, Span

MARKS = {
    "bold": Mark.BOLD,
    "italic": Mark.ITALIC,
    "underline": Mark.UNDERLINE,
    "strikethrough": Mark.STRIKE,
    "spoiler": Mark.SPOILER,
    "code": Mark.CODE,
    "pre": Mark.PRE,
    "blockquote": Mark.QUOTE,
    "expandable_blockquote": Mark.QUOTE,
    "text_link": Mark.LINK,
    "url": Mark.LINK,
    "email": Mark.LINK,
    "phone_number": Mark.LINK,
    "mention": Mark.MENTION,
    "text_mention": Mark.MENTION,
}
"""The others (hashtags, commands, custom emoji) are only their text."""
ENTITIES = {
    Mark.BOLD: "bold",
    Mark.ITALIC: "italic",
    Mark.UNDERLINE: "underline",
    Mark.STRIKE: "strikethrough",
    Mark.SPOILER: "spoiler",
    Mark.CODE: "code",
    Mark.PRE: "pre",
    Mark.QUOTE: "blockquote",
    Mark.LINK: "text_link",
    Mark.MENTION: "text_mention",
}
MAX_ENTITIES = 100
"""Telegram drops what comes behind."""
_WEB = ("http://", "https://")
_BARE = {"email": "mailto:", "phone_number": "tel:"}


def to_spans(text: str, entities: object) -> tuple[Span, ...]:
    """What they say of `text`, which need not be normal. What is no entity is passed over."""
    if not isinstance(entities, list) or not entities:
        return ()
    borders = _units_before(text)
    found = []
    for entity in entities:
        span = _to_span(text, borders, entity) if isinstance(entity, dict) else None
        if span is not None:
            found.append(span)
    return tuple(found)


def to_entities(text: str, spans: Sequence[Span]) -> list[dict[str, Any]]:
    """Normal spans as Telegram takes them, at most 100. What it can't say is left out."""
    borders = _units_before(text)
    found = []
    for span in spans:
        entity = _to_entity(text, span)
        if entity is None:
            continue
        start, end = span.start, span.end
        if borders is not None:
            start, end = borders[start], borders[end]
        found.append({**entity, "offset": start, "length": end - start})
    return found[:MAX_ENTITIES]


def _to_span(text: str, borders: list[int] | None, entity: dict[str, Any]) -> Span | None:
    kind, offset, length = entity.get("type"), entity.get("offset"), entity.get("length")
    if not isinstance(kind, str) or not isinstance(offset, int) or not isinstance(length, int):
        return None
    mark = MARKS.get(kind)
    if mark is None:
        return None
    start, end = offset, offset + length
    if borders is not None:
        start, end = bisect_left(borders, start), bisect_left(borders, end)
    shown = text[max(start, 0) : max(end, 0)]
    match mark:
        case Mark.LINK:
            return _to_link(kind, start, end, shown, entity)
        case Mark.MENTION:
            person = entity.get("user")
            handle = str(person.get("id", "")) if isinstance(person, dict) else ""
            return Span(mark=mark, start=start, end=end, handle=handle)
        case Mark.PRE:
            return Span(mark=mark, start=start, end=end, language=str(entity.get("language") or ""))
        case _:
            return Span(mark=mark, start=start, end=end)


def _to_link(kind: str, start: int, end: int, shown: str, entity: dict[str, Any]) -> Span:
    url = str(entity.get("url") or "") if kind == "text_link" else shown
    if url.startswith("tg://user?id="):
        handle = url.removeprefix("tg://user?id=")
        return Span(mark=Mark.MENTION, start=start, end=end, handle=handle)
    if kind in _BARE:
        url = _BARE[kind] + "".join(shown.split())
    elif kind == "url" and "://" not in url:
        url = f"http://{url}"
    return Span(mark=Mark.LINK, start=start, end=end, url=url)


def _to_entity(text: str, span: Span) -> dict[str, Any] | None:
    kind = ENTITIES.get(span.mark)
    if kind is None:
        return None
    match span.mark:
        case Mark.PRE:
            return {"type": kind, "language": span.language} if span.language else {"type": kind}
        case Mark.LINK:
            # Telegram finds bare addresses by itself, and takes only web pages behind other words.
            is_bare = text[span.start : span.end] == span.url or not span.url.startswith(_WEB)
            return None if is_bare else {"type": kind, "url": span.url}
        case Mark.MENTION:
            if not span.handle.isdecimal():
                return None
            name = text[span.start : span.end].strip("@ ") or "?"
            person = {"id": int(span.handle), "is_bot": False, "first_name": name[:64]}
            return {"type": kind, "user": person}
        case _:
            return {"type": kind}


def _units_before(text: str) -> list[int] | None:
    """Of each code point, and of the end, how many UTF-16 units are before it.

    None: as many as code points, since no character needs two.
    """
    if text.isascii() or max(text) < "\U00010000":
        return None
    borders, units = [0], 0
    for character in text:
        units += 2 if character > "\uffff" else 1
        borders.append(units)
    return borders
