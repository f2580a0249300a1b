"""What a message shows: its text, and a line for everything that is no text. Pure.

https://discord.com/developers/docs/resources/message#message-object
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.discord.markdown import Names, read_markdown
from core.messages import scrub
from core.rich_text import Mark, Span
from core.rich_text_cuts import RichText, joined, stripped

Json = Mapping[str, Any]
VOICE = 1 << 13
"""Of a message's flags."""
SAID = frozenset({0, 19})
"""Types of messages that people write: a message, a reply."""
OWN_NOTICES = frozenset(range(1, 13)) | frozenset(
    {14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 31, 32, 36, 37, 38, 39, 44, 46}
)
"""Types that Discord writes by itself: joins, pins, boosts, calls, results of polls."""
_UNFURLED = frozenset({"link", "image", "video", "gifv", "article", "audio"})
"""Types of embeds that Discord makes of an address in the text."""
_DEEPEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file that lies at Discord."""

    id: str
    name: str
    url: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    text: str
    spans: tuple[Span, ...] = ()
    files: tuple[RemoteFile, ...] = ()


def read_content(message: Json, names: Names) -> Content:
    """All that a reader of Discord sees of it. Raises KeyError, TypeError, ValueError on junk."""
    parts = list(_parts(message, names))
    files = list(_files(message))
    for snapshot in message.get("message_snapshots") or ():
        forwarded = snapshot["message"]
        parts.append(_forwarded(forwarded, names))
        files += _files(forwarded)
    kind = message.get("type", 0)
    if kind not in SAID:
        parts.insert(0, RichText(f"[Discord shows something that is not known here: type {kind}]"))
    text, spans = _whole([one for one in parts if one.text.strip()])
    return Content(text=scrub(text), spans=spans, files=tuple(files))


def is_said(message: Json) -> bool:
    """Whether a person wrote it: none of Discord's own notices. What is unknown counts."""
    return message.get("type", 0) not in OWN_NOTICES


def _whole(parts: Sequence[RichText]) -> RichText:
    """One text; most messages are one part that needs nothing done to it."""
    whole = parts[0] if len(parts) == 1 else joined(parts)
    if whole.text == whole.text.strip():
        return whole
    return stripped(*whole)


def _parts(message: Json, names: Names) -> Iterator[RichText]:
    yield read_markdown(str(message.get("content") or ""), names)
    if int(message.get("flags") or 0) & VOICE:
        seconds = sum(float(one.get("duration_secs") or 0) for one in message["attachments"])
        yield RichText(f"[Voice message, {_shown_length(seconds)}]")
    for sticker in message.get("sticker_items") or message.get("stickers") or ():
        yield RichText(f"[Sticker: {sticker['name']}]")
    if poll := message.get("poll"):
        yield _poll(poll)
    for embed in message.get("embeds") or ():
        if embed.get("type", "rich") not in _UNFURLED:
            yield _embed(embed, names)
    yield from _components(message.get("components") or (), names, 0)
    if activity := message.get("activity"):
        yield RichText(f"[Invitation to an activity: {activity.get('party_id', '')}]")
    if call := message.get("call"):
        yield RichText(f"[Call with {len(call.get('participants') or ())} people]")


def _forwarded(message: Json, names: Names) -> RichText:
    inner = joined([one for one in _parts(message, names) if one.text.strip()])
    if not inner.text:
        return RichText("[Forwarded message]")
    quote = Span(mark=Mark.QUOTE, start=0, end=len(inner.text))
    return joined([RichText("[Forwarded message]"), RichText(inner.text, (quote, *inner.spans))])


def _poll(poll: Json) -> RichText:
    answers = [str(one["poll_media"].get("text") or "") for one in poll.get("answers") or ()]
    items = "\n".join(f"• {one}" for one in answers)
    question = RichText(f"[Poll] {poll['question'].get('text') or ''}")
    if not items:
        return question
    return joined([question, RichText(items, (Span(mark=Mark.LIST, start=0, end=len(items)),))])


def _embed(embed: Json, names: Names) -> RichText:
    parts: list[RichText] = []
    for name in ("title", "description"):
        if shown := embed.get(name):
            parts.append(read_markdown(str(shown), names))
    for field in embed.get("fields") or ():
        parts.append(read_markdown(f"{field.get('name', '')}: {field.get('value', '')}", names))
    if not parts:
        return RichText(f"[Embed: {embed.get('url') or embed.get('type', '')}]")
    if isinstance(url := embed.get("url"), str):
        parts.append(read_markdown(url, names))
    return joined(parts)


def _components(components: Sequence[Json], names: Names, depth: int) -> Iterator[RichText]:
    """Texts, buttons and menus, however deep they are laid out."""
    if depth > _DEEPEST:
        return
    for one in components:
        if isinstance(text := one.get("content"), str):
            yield read_markdown(text, names)
        elif label := one.get("label") or one.get("placeholder"):
            yield RichText(f"[{label}]")
        elif media := one.get("items"):
            yield RichText(f"[Gallery of {len(media)}]")
        yield from _components(one.get("components") or (), names, depth + 1)
        if accessory := one.get("accessory"):
            yield from _components((accessory,), names, depth + 1)


def _files(message: Json) -> Iterator[RemoteFile]:
    for one in message.get("attachments") or ():
        yield RemoteFile(
            id=str(one["id"]),
            name=str(one.get("filename") or "file"),
            url=str(one["url"]),
            size=int(one.get("size") or 0),
            media_type=str(one.get("content_type") or "application/octet-stream").partition(";")[0],
        )


def _shown_length(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
