"""A message of ours as one call of the Bot API. Pure.

https://core.telegram.org/bots/api#sendmessage and below
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from telegram import (
    InputFile,
    InputMedia,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    MessageEntity,
    User,
)

from connectors.telegram.address import Address
from connectors.telegram.entities import to_entities
from connectors.telegram.pictures import size_of
from core.capabilities import TextUnit
from core.errors import ContentRejected
from core.ids import RemoteId
from core.messages import OutboundAttachment, OutboundMessage, RemotePart, Sent
from core.rich_text import Span
from core.splitting import length_of

Json = dict[str, Any]
MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_FILES = 10
MAX_PHOTO = 10 * 1024 * 1024
MAX_SIDES = 10_000
"""Pixels, width and height of a photo together."""
MAX_RATIO = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    attachment: OutboundAttachment
    content: bytes

    def as_input(self) -> InputFile:
        return InputFile(self.content, filename=self.attachment.name, attach=True)


METHODS: Mapping[str, tuple[str, str]] = {
    "photo": ("sendPhoto", "photo"),
    "video": ("sendVideo", "video"),
    "animation": ("sendAnimation", "animation"),
    "audio": ("sendAudio", "audio"),
    "document": ("sendDocument", "document"),
}
"""Kind -> method of one such file, and the parameter it stands in."""
MEDIA: Mapping[str, type[InputMedia]] = {
    "photo": InputMediaPhoto,
    "video": InputMediaVideo,
    "audio": InputMediaAudio,
    "document": InputMediaDocument,
}
KINDS = {
    "image/jpeg": "photo",
    "image/png": "photo",
    "image/gif": "animation",
    "video/mp4": "video",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/x-m4a": "audio",
}


def check_fits(message: OutboundMessage, *, max_size: int) -> None:
    """Raises ContentRejected for what Telegram would refuse, by what is known without its files."""
    length = length_of(message.text, TextUnit.UTF16)
    if not message.attachments and not message.text.strip():
        raise ContentRejected("Telegram takes no message without text.")
    if length > (MAX_CAPTION if message.attachments else MAX_TEXT):
        most = f"{MAX_CAPTION} characters with files, {MAX_TEXT} without"
        raise ContentRejected(f"The text is longer than Telegram takes: {most}.")
    if len(message.attachments) > MAX_FILES:
        raise ContentRejected(f"Telegram takes at most {MAX_FILES} files with one message.")
    for file in message.attachments:
        if file.size > max_size:
            most = f"{max_size // (1024 * 1024)} MiB"
            raise ContentRejected(f"{file.name} is too large: Telegram takes {most}.")


def to_call(message: OutboundMessage, address: Address, files: Sequence[File]) -> tuple[str, Json]:
    """Method and parameters: one request, whatever is in the message."""
    parameters: Json = {**address.parameters, **_answering(message, address)}
    if not files:
        parameters["text"] = message.text
        parameters["entities"] = to_entities(message.text, message.spans) or None
        return "sendMessage", parameters
    if len(files) == 1:
        kind = _kind_of(files[0])
        method, name = METHODS[kind]
        parameters[name] = files[0].as_input()
        parameters["caption"] = message.text or None
        parameters["caption_entities"] = to_entities(message.text, message.spans) or None
        return method, parameters
    kind = _common_kind(files)
    parameters["media"] = [
        MEDIA[kind if kind != "mixed" else _kind_of(file)](
            media=file.as_input(), **(_caption(message) if number == 0 else {})
        )
        for number, file in enumerate(files)
    ]
    return "sendMediaGroup", parameters


def to_edit(message: OutboundMessage, address: Address, remote_id: RemoteId) -> tuple[str, Json]:
    """Of the text of a message, or of the caption of one with files."""
    parameters: Json = {**_of_message(address, remote_id)}
    entities = to_entities(message.text, message.spans) or None
    if message.attachments:
        return "editMessageCaption", {
            **parameters,
            "caption": message.text,
            "caption_entities": entities,
        }
    return "editMessageText", {**parameters, "text": message.text, "entities": entities}


def to_delete(address: Address, remote_id: RemoteId) -> tuple[str, Json]:
    if address.business_id:
        return "deleteBusinessMessages", {
            "business_connection_id": address.business_id,
            "message_ids": [int(remote_id)],
        }
    return "deleteMessage", _of_message(address, remote_id)


def to_read(address: Address, remote_id: RemoteId) -> tuple[str, Json]:
    """https://core.telegram.org/bots/api#readbusinessmessage"""
    return "readBusinessMessage", _of_message(address, remote_id)


def to_typing(address: Address) -> tuple[str, Json]:
    parameters = address.parameters
    parameters.pop("direct_messages_topic_id", None)
    return "sendChatAction", {**parameters, "action": "typing"}


def to_sent(result: Any, address: Address, was: Address) -> Sent:
    """The ids of all that became of it. Raises KeyError, TypeError, ValueError if none are told."""
    messages = result if isinstance(result, list) else [result]
    return Sent(
        remote_parts=tuple(
            RemotePart(remote_id=RemoteId(str(int(one["message_id"]))), part=number)
            for number, one in enumerate(messages)
        ),
        remote_place=None if address == was else address.remote,
        at=_moment(messages[0].get("date")),
    )


def _moment(seconds: Any) -> datetime | None:
    """None for what is no time: that it was taken is certain all the same."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _of_message(address: Address, remote_id: RemoteId) -> Json:
    found: Json = {"chat_id": address.chat_id, "message_id": int(remote_id)}
    if address.business_id:
        found["business_connection_id"] = address.business_id
    return found


def _answering(message: OutboundMessage, address: Address) -> Json:
    """In a group an answer says whom it answers, if the last word there is its recipient's."""
    number = message.context.get("message_id", "")
    is_theirs = message.recipient is not None and (
        message.context.get("from") == message.recipient.handle
    )
    if address.is_private or not is_theirs or not number.isdecimal():
        return {}
    return {
        "reply_parameters": {"message_id": int(number), "allow_sending_without_reply": True},
    }


def _caption(message: OutboundMessage) -> Json:
    if not message.text:
        return {}
    return {
        "caption": message.text,
        "caption_entities": _as_entities(message.text, message.spans),
    }


def _as_entities(text: str, spans: Sequence[Span]) -> list[MessageEntity] | None:
    found = []
    for entity in to_entities(text, spans):
        person = entity.pop("user", None)
        found.append(MessageEntity(**entity, user=None if person is None else User(**person)))
    return found or None


def _common_kind(files: Sequence[File]) -> str:
    """Photos and videos may stand together; songs, and all the rest as files, with their like."""
    kinds = {_kind_of(file) for file in files}
    if kinds <= {"photo", "video"}:
        return "mixed"
    return "audio" if kinds == {"audio"} else "document"


def _kind_of(file: File) -> str:
    """As what it is shown best. As a document nothing of it is changed, and nothing refused."""
    kind = KINDS.get(file.attachment.media_type.lower(), "document")
    return kind if kind != "photo" or _is_photo(file.content) else "document"


def _is_photo(content: bytes) -> bool:
    size = size_of(content)
    if size is None or len(content) > MAX_PHOTO:
        return False
    short, long = sorted(size)
    return short > 0 and short + long <= MAX_SIDES and long / short <= MAX_RATIO
