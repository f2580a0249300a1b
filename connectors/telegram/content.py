"""What one message of Telegram holds, as text, spans and files. Pure.

https://core.telegram.org/bots/api#message
"""

import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.telegram.entities import to_spans
from core.messages import InboundAttachment, scrub
from core.rich_text import Mark, Span

Json = dict[str, Any]
MAP = "https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}"
MIB = 1024 * 1024
SHOWN_QUOTE = 1000
"""Characters of the message that is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    text: str
    spans: tuple[Span, ...] = ()
    file: InboundAttachment | None = None
    """With `remote` set to what names it for ever and what it is fetched by, or refused."""
    is_known: bool = True
    """False: no kind of content that this version knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    name: str
    """Without a number and an ending, for files that have no name."""
    media_type: str
    notice: str = ""
    """What stands for the text where the file alone says too little."""


FILES: Mapping[str, FileKind] = {
    "animation": FileKind(name="animation", media_type="video/mp4"),
    "document": FileKind(name="file", media_type="application/octet-stream"),
    "audio": FileKind(name="audio", media_type="audio/mpeg"),
    "voice": FileKind(name="voice", media_type="audio/ogg", notice="Voice message"),
    "video": FileKind(name="video", media_type="video/mp4"),
    "video_note": FileKind(name="video-note", media_type="video/mp4", notice="Video message"),
    "sticker": FileKind(name="sticker", media_type="image/webp"),
}
"""In this order: an animation is shown as a document too."""


def read_content(message: Json, *, max_size: int) -> Content:
    """Files over `max_size` bytes are refused. Raises KeyError, TypeError, ValueError for junk."""
    number = message["message_id"]
    if message.get("text"):
        text = scrub(str(message["text"]))
        return Content(text=text, spans=_spans(text, message, "text", "entities"))
    file, notice = _find_file(message, number, max_size)
    for kind, read in READERS.items():
        if file is None and isinstance(message.get(kind), dict):
            content = read(message[kind])
            return Content(text=scrub(content.text), spans=content.spans)
    caption = scrub(str(message.get("caption") or ""))
    if caption or file is not None:
        spans = _spans(caption, message, "caption", "caption_entities")
        return Content(text=caption or scrub(notice), spans=spans, file=file)
    return Content(text="", is_known="text" in message)


def read_quote(message: Json) -> str:
    """What the message answers, as it is shown: the quoted piece, or the whole. Or empty."""
    quote, answered = message.get("quote"), message.get("reply_to_message")
    if isinstance(quote, dict):
        return scrub(str(quote.get("text") or ""))[:SHOWN_QUOTE]
    if not isinstance(answered, dict) or "forum_topic_created" in answered:
        return ""
    if message.get("is_topic_message") and answered.get("message_id") == message.get(
        "message_thread_id"
    ):
        return ""  # every message of a topic answers the one that opened it
    try:
        return read_content(answered, max_size=0).text[:SHOWN_QUOTE]
    except (KeyError, TypeError, ValueError):
        return ""


def _spans(text: str, message: Json, name: str, entities: str) -> tuple[Span, ...]:
    # Offsets are of the text as it came: of one that had to be cleaned they are wrong.
    return to_spans(text, message.get(entities)) if text == message.get(name) else ()


def _find_file(message: Json, number: int, max_size: int) -> tuple[InboundAttachment | None, str]:
    photo = message.get("photo")
    if isinstance(photo, list) and photo:
        # The largest that may be fetched; sizes of one picture rise.
        fitting = [one for one in photo if int(one.get("file_size") or 0) <= max_size] or photo
        return _attachment(fitting[-1], f"photo-{number}.jpg", "image/jpeg", max_size), ""
    for name, kind in FILES.items():
        found = message.get(name)
        if isinstance(found, dict):
            media_type = str(found.get("mime_type") or _sticker_type(found) or kind.media_type)
            ending = mimetypes.guess_extension(media_type) or ""
            called = str(found.get("file_name") or f"{kind.name}-{number}{ending}")
            notice = f"[{kind.notice}]" if kind.notice else ""
            if name == "sticker":
                notice = f"[Sticker {found.get('emoji') or ''}".rstrip() + "]"
            return _attachment(found, called, media_type, max_size), notice
    return None, ""


def _sticker_type(file: Json) -> str:
    if file.get("is_animated"):
        return "application/x-tgsticker"
    return "video/webm" if file.get("is_video") else ""


def _attachment(file: Json, name: str, media_type: str, max_size: int) -> InboundAttachment:
    size = int(file.get("file_size") or 0)
    shown = scrub(name).replace("/", "_")
    if size > max_size:
        reason = (
            f"The file has {size / MIB:.1f} MiB; Telegram gives bots at most {max_size // MIB} MiB."
        )
        return InboundAttachment(name=shown, media_type=media_type, size=size, refused=reason)
    named = (str(file.get("file_unique_id") or ""), str(file["file_id"]))
    remote = scrub(" ".join(filter(None, named)))
    return InboundAttachment(name=shown, media_type=media_type, size=size, remote=remote)


def _location(found: Json) -> Content:
    latitude, longitude = float(found["latitude"]), float(found["longitude"])
    url = MAP.format(latitude=f"{latitude:.6f}", longitude=f"{longitude:.6f}")
    kind = "Live location" if found.get("live_period") else "Location"
    text = f"[{kind}] {latitude:.6f}, {longitude:.6f}\n{url}"
    link = Span(mark=Mark.LINK, start=len(text) - len(url), end=len(text), url=url)
    return Content(text=text, spans=(link,))


def _venue(found: Json) -> Content:
    title = f"[Venue] {found.get('title') or ''}, {found.get('address') or ''}\n"
    place = _location(found["location"])
    text = title + place.text
    url = place.spans[0].url
    link = Span(mark=Mark.LINK, start=len(text) - len(url), end=len(text), url=url)
    return Content(text=text, spans=(link,))


def _card(found: Json) -> Content:
    name = " ".join(filter(None, (found.get("first_name"), found.get("last_name"))))
    return Content(text=f"[Contact] {name}, {found.get('phone_number') or ''}")


def _poll(found: Json) -> Content:
    options = "".join(f"\n• {one.get('text') or ''}" for one in found.get("options") or ())
    head = f"[Poll] {found.get('question') or ''}"
    return _with_list(head, options)


def _checklist(found: Json) -> Content:
    tasks = "".join(
        f"\n• {'☑' if one.get('completion_date') else '☐'} {one.get('text') or ''}"
        for one in found.get("tasks") or ()
    )
    return _with_list(f"[Checklist] {found.get('title') or ''}", tasks)


def _with_list(head: str, items: str) -> Content:
    text = scrub(head + items)
    if not items:
        return Content(text=text)
    start = len(scrub(head)) + 1
    return Content(text=text, spans=(Span(mark=Mark.LIST, start=start, end=len(text)),))


def _dice(found: Json) -> Content:
    return Content(text=f"[Dice {found.get('emoji') or ''}] {found.get('value')}")


def _story(found: Json) -> Content:
    chat = found.get("chat") or {}
    name = chat.get("title") or chat.get("first_name") or ""
    return Content(text=f"[Story of {name}]" if name else "[Story]")


def _game(found: Json) -> Content:
    return Content(text=f"[Game] {found.get('title') or ''}")


def _invoice(found: Json) -> Content:
    amount = f"{found.get('total_amount')} {found.get('currency') or ''}".strip()
    return Content(text=f"[Invoice] {found.get('title') or ''}, {amount} in the smallest unit")


def _paid_media(found: Json) -> Content:
    count = len(found.get("paid_media") or ())
    return Content(text=f"[Paid media] {count} for {found.get('star_count')} stars")


READERS: Mapping[str, Callable[[Json], Content]] = {
    # A venue is shown as a location too, so it comes first.
    "venue": _venue,
    "location": _location,
    "contact": _card,
    "poll": _poll,
    "checklist": _checklist,
    "dice": _dice,
    "story": _story,
    "game": _game,
    "invoice": _invoice,
    "paid_media": _paid_media,
}
