"""The files of the sandbox's network: who may name them, and where they can be fetched."""

import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from connectors.telegram.sandbox_answers import bad
from core.clock import Clock

MAX_DOWNLOAD = 20 * 1024 * 1024
MAX_UPLOAD = 50 * 1024 * 1024
MAX_PHOTO = 10 * 1024 * 1024
LINK_LASTS = timedelta(hours=1)
FOLDERS = {
    "photo": "photos",
    "voice": "voice",
    "audio": "music",
    "video": "videos",
    "video_note": "video_notes",
    "animation": "animations",
    "sticker": "stickers",
    "document": "documents",
}


class StoredFile(msgspec.Struct, kw_only=True):
    unique_id: str
    kind: str
    """The field of Message that it came in: "photo", "document"."""
    name: str
    media_type: str
    size: int
    """As the network says it; a test may say more than there is."""
    described: dict[str, Any] = {}
    """Further fields of its object in a message: width, duration."""

    def to_json(self) -> dict[str, Any]:
        """Its object in a message, without the id that differs for each bot."""
        body: dict[str, Any] = {
            "file_unique_id": self.unique_id,
            "file_size": self.size,
            **self.described,
        }
        if self.kind not in ("photo", "sticker", "video_note"):
            body["mime_type"] = self.media_type
        if self.kind in ("document", "audio", "video", "animation") and self.name:
            body["file_name"] = self.name
        return body


class Files:
    """Contents in memory; `keep` and `load` put them on a disk."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.stored: dict[str, StoredFile] = {}
        self.contents: dict[str, bytes] = {}
        self.keep: Callable[[StoredFile, bytes], None] | None = None
        self._links: dict[str, tuple[str, datetime]] = {}

    def add(
        self,
        kind: str,
        content: bytes,
        *,
        name: str = "",
        media_type: str = "application/octet-stream",
        size: int | None = None,
        **described: Any,
    ) -> StoredFile:
        number = len(self.stored) + 1
        file = StoredFile(
            unique_id=f"AgAD{number:06}",
            kind=kind,
            name=name,
            media_type=media_type,
            size=len(content) if size is None else size,
            described={**_described(kind, content), **described},
        )
        self.stored[file.unique_id] = file
        self.contents[file.unique_id] = content
        if self.keep is not None:
            self.keep(file, content)
        return file

    def link(self, file: StoredFile) -> str:
        """The path below `/file/bot<token>/`, good for an hour. Raises Refusal if it is too big."""
        if file.size > MAX_DOWNLOAD:
            raise bad("file is too big")
        # The name of the file is no part of it, only the ending.
        ending = file.name.rpartition(".")[2] if "." in file.name else file.kind
        number = int(file.unique_id.removeprefix("AgAD"))
        path = f"{FOLDERS[file.kind]}/file_{number}.{ending}"
        self._links[path] = (file.unique_id, self._clock.now() + LINK_LASTS)
        return path

    def fetch(self, path: str) -> bytes | None:
        """None if nobody asked for this path within the hour."""
        unique_id, until = self._links.get(path, ("", self._clock.now()))
        return self.contents[unique_id] if self._clock.now() < until else None


def _described(kind: str, content: bytes) -> dict[str, Any]:
    """The fields that such an object always has."""
    match kind:
        case "photo":
            width, height = image_size(content) or (640, 480)
            return {"width": width, "height": height}
        case "sticker":
            return {
                "type": "regular",
                "width": 512,
                "height": 512,
                "is_animated": False,
                "is_video": False,
            }
        case "video" | "animation":
            return {"width": 640, "height": 360, "duration": 3}
        case "video_note":
            return {"length": 240, "duration": 3}
        case "voice" | "audio":
            return {"duration": 3}
    return {}


def image_size(content: bytes) -> tuple[int, int] | None:
    """Width and height as the file's own header says them; None: no image that we know."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if content[:6] in (b"GIF87a", b"GIF89a") and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
        return width, height
    if content.startswith(b"\xff\xd8"):
        return _jpeg_size(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return 512, 512
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """From the first frame's header (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None
