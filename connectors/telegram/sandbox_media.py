"""Files that a bot sends: uploads, repeats by file_id, albums; and getFile."""

import binascii
from base64 import urlsafe_b64decode
from typing import Any

from connectors.telegram.sandbox_answers import Refusal, bad
from connectors.telegram.sandbox_arguments import Upload
from connectors.telegram.sandbox_calls import Call, Method
from connectors.telegram.sandbox_files import (
    MAX_PHOTO,
    MAX_UPLOAD,
    StoredFile,
    image_size,
)
from connectors.telegram.sandbox_network import file_id
from connectors.telegram.sandbox_sending import caption_of, deliver

MAX_SIDES = 10_000
"""Width and height of a photo together."""
MAX_RATIO = 20
ALBUM_KINDS = frozenset({"photo", "video", "document", "audio"})
ALONE_IN_ALBUM = frozenset({"document", "audio"})
"""Only with their own kind."""
ALBUM_SIZE = range(2, 11)
NAMES = {
    "photo": "Photo",
    "voice": "VoiceNote",
    "audio": "Audio",
    "video": "Video",
    "video_note": "VideoNote",
    "animation": "Animation",
    "sticker": "Sticker",
    "document": "Document",
}


def shown_as(file: StoredFile) -> dict[str, Any]:
    """The field of a Message that holds this file."""
    body = file.to_json()
    if file.kind == "photo":
        # The largest is the last; a smaller one for previews comes before it.
        small = {**body, "width": 90, "height": 90 * body["height"] // max(body["width"], 1) or 1}
        small["file_unique_id"] = file.unique_id + "s"
        small["file_size"] = min(file.size, 1200)
        return {"photo": [small, body]}
    if file.kind == "animation":
        # For clients that know no animations.
        return {"animation": body, "document": {**body}}
    return {file.kind: body}


def read_file_id(call: Call, named: str) -> StoredFile:
    """Raises Refusal for what this bot cannot name."""
    wrong = bad("wrong file identifier/HTTP URL specified")
    if not named.startswith("BQAC"):
        raise wrong
    encoded = named.removeprefix("BQAC")
    try:
        decoded = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise wrong from error
    unique_id = decoded.partition("/")[2].rstrip("s")
    file = call.network.files.stored.get(unique_id)
    if file is None or decoded.partition("/")[0] != str(call.bot.id):
        raise wrong
    return file


def medium_of(call: Call, kind: str, named: str, upload: Upload | None) -> StoredFile:
    """An upload, or a file that is there already, to be sent as this kind."""
    if named.startswith("attach://"):
        upload = call.arguments.uploads.get(named.removeprefix("attach://"))
    if upload is None:
        if not named:
            raise bad(f"there is no {kind.replace('_', ' ')} in the request")
        if named.startswith(("http://", "https://")):
            raise bad("failed to get HTTP URL content")
        file = read_file_id(call, named)
        if file.kind != kind:
            raise bad(f"can't use file of type {NAMES[file.kind]} as {NAMES[kind]}")
        return file
    return _stored(call, kind, upload)


def _stored(call: Call, kind: str, upload: Upload) -> StoredFile:
    size = len(upload.content)
    if not size:
        raise bad("file must be non-empty")
    if size > MAX_UPLOAD:
        raise Refusal(413)
    described: dict[str, Any] = {}
    if kind == "photo":
        _check_photo(upload.content)
    else:
        kind = _kind_taken(kind, upload)
    for name in ("width", "height", "duration"):
        if name in call.arguments.values and kind in ("video", "animation", "audio", "voice"):
            described[name] = call.arguments.number(name)
    for name in ("title", "performer"):
        if kind == "audio" and call.arguments.text(name):
            described[name] = call.arguments.text(name)
    return call.network.files.add(
        kind, upload.content, name=upload.name, media_type=upload.media_type, **described
    )


def _check_photo(content: bytes) -> None:
    if len(content) > MAX_PHOTO:
        raise bad("PHOTO_SAVE_FILE_INVALID")
    sides = image_size(content)
    if sides is None:
        raise bad("IMAGE_PROCESS_FAILED")
    if sum(sides) > MAX_SIDES or max(sides) > MAX_RATIO * max(min(sides), 1):
        raise bad("PHOTO_INVALID_DIMENSIONS")


def _kind_taken(kind: str, upload: Upload) -> str:
    """Other formats than each kind is for are sent as documents (Bot API, sendVoice etc.)."""
    ending = upload.name.rpartition(".")[2].lower()
    fits = {
        "voice": upload.content.startswith(b"OggS") or ending in ("mp3", "m4a"),
        "audio": ending in ("mp3", "m4a") or upload.media_type in ("audio/mpeg", "audio/mp4"),
        "video": ending == "mp4" or upload.media_type == "video/mp4",
        "animation": ending in ("gif", "mp4") or upload.media_type in ("image/gif", "video/mp4"),
    }
    return kind if fits.get(kind, True) else "document"


def _sender(kind: str, *, captioned: bool = True) -> Method:
    async def send(call: Call) -> Any:
        caption = caption_of(call) if captioned else {}
        file = medium_of(call, kind, call.arguments.text(kind), call.arguments.uploads.get(kind))
        chat = call.chat()
        call.limits.check(chat)
        return call.shown(deliver(call, chat, {**shown_as(file), **caption}).body)

    return send


async def send_media_group(call: Call) -> Any:
    """One Message for each medium, with one media_group_id."""
    media = call.arguments.decoded("media")
    if media is None:
        raise bad('parameter "media" is required')
    if not isinstance(media, list) or not all(isinstance(one, dict) for one in media):
        raise bad("expected an Array of InputMedia")
    if not media:
        raise bad("there are no messages to send")
    if len(media) not in ALBUM_SIZE:
        raise bad("album must include 2-10 messages")
    kinds = {str(one.get("type")) for one in media}
    if kinds - ALBUM_KINDS:
        raise bad("can't use the media of the specified type in the album")
    if len(kinds) > 1 and kinds & ALONE_IN_ALBUM:
        raise bad("document can't be mixed with other media types")
    parts = []
    for one in media:
        file = medium_of(call, str(one["type"]), str(one.get("media", "")), None)
        parts.append({**shown_as(file), **caption_of(call, one)})
    chat = call.chat()
    call.limits.check(chat, len(parts))
    group = str(call.network.chance.randrange(10**16, 10**17))
    posts = [deliver(call, chat, {**part, "media_group_id": group}) for part in parts]
    return call.shown([post.body for post in posts])


async def get_file(call: Call) -> Any:
    named = call.arguments.text("file_id")
    if not named:
        raise bad("file_id not specified")
    try:
        file = read_file_id(call, named)
    except Refusal as refusal:
        raise bad("invalid file_id") from refusal
    path = call.network.files.link(file)
    return {
        "file_id": file_id(call.bot.id, file.unique_id),
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "file_path": path,
    }


METHODS: dict[str, Method] = {
    "sendphoto": _sender("photo"),
    "senddocument": _sender("document"),
    "sendvoice": _sender("voice"),
    "sendaudio": _sender("audio"),
    "sendvideo": _sender("video"),
    "sendvideonote": _sender("video_note", captioned=False),
    "sendanimation": _sender("animation"),
    "sendsticker": _sender("sticker", captioned=False),
    "sendmediagroup": send_media_group,
    "getfile": get_file,
}
