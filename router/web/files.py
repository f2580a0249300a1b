"""Routes: files that agents upload and download. A file is never shown as a page of ours."""

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

import msgspec
from aiohttp import web

from router.blobs import BlobMissing, Blobs, BlobTooLarge
from router.services import files
from router.services.errors import NotFound
from router.services.media_types import (
    SAFE_IMAGES,
    SAFE_SOUNDS,
    SNIFFED,
    UNKNOWN,
    sniff,
    well_formed,
)
from router.services.shown.messages import Attachment
from router.services.viewer import viewer_of
from router.web.arguments import Id, too_large
from router.web.context import Call
from router.web.conversations import READ, WRITE
from router.web.problems import ApiError
from router.web.routes import Routes

routes = Routes(tag="files")

CHUNK = 64 * 1024
FileName = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
MediaType = Annotated[str, msgspec.Meta(max_length=200)]
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)
_RUNS_IN_BROWSERS = ("html", "xml", "svg", "script", "x-shockwave")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBody:
    """What to send: bytes at hand, or a blob."""

    name: str
    media_type: str
    content: bytes | None = None
    blob_key: str | None = None
    is_inline: bool = False


@routes.post(
    "/uploads", policy=WRITE, status=201, takes="application/octet-stream", errors=(409, 413)
)
async def upload(call: Call, name: FileName, media_type: MediaType = "") -> Attachment:
    """Keep the body as a file, to be sent with a message within a day."""
    limit = call.context.settings.max_upload_bytes
    if (call.request.content_length or 0) > limit:
        raise too_large(limit)
    try:
        return await files.store_upload(
            call.context.database,
            blobs_of(call),
            viewer_of(call.caller),
            call.request.content.iter_chunked(CHUNK),
            name=name,
            media_type=media_type,
            max_size=limit,
        )
    except BlobTooLarge as error:
        raise too_large(limit) from error


class UploadChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    description: Annotated[str, msgspec.Meta(max_length=1_000)]
    """What it shows; empty: nothing is told."""


@routes.patch("/uploads/{attachment_id}", policy=WRITE)
async def describe_upload(call: Call, attachment_id: Id, body: UploadChanges) -> None:
    """Say what a file of one's own that was not sent shows, for those who cannot see it."""
    await files.describe_upload(
        call.context.database, viewer_of(call.caller), attachment_id, body.description
    )


@routes.delete("/uploads/{attachment_id}", policy=WRITE)
async def drop_upload(call: Call, attachment_id: Id) -> None:
    """Forget a file of one's own that was not sent."""
    await files.drop_upload(call.context.database, viewer_of(call.caller), attachment_id)


@routes.get(
    "/attachments/{attachment_id}", policy=READ, gives=("application/octet-stream",), errors=(409,)
)
async def read_attachment(
    call: Call, attachment_id: Id, inline: bool = False
) -> web.StreamResponse:
    """A file to be saved. `inline=1` shows or plays it, if its bytes say that it is harmless.

    That is a PNG, JPEG, GIF or WebP; an Ogg, MP3, M4A, WAV or FLAC sound. A sound that is played
    comes in parts too, as a `Range` of one stretch of bytes asks: 206, or 416 past its end.
    """
    found = await files.find_file(call.context.database, viewer_of(call.caller), attachment_id)
    media_type = _harmless(found.media_type)
    is_inline = False
    if inline:
        kind = await _kind_of(call, found.blob_key)
        if kind in SAFE_IMAGES | SAFE_SOUNDS:
            media_type, is_inline = kind, True
    return await send_file(
        call,
        FileBody(
            name=found.name, media_type=media_type, blob_key=found.blob_key, is_inline=is_inline
        ),
    )


def blobs_of(call: Call) -> Blobs:
    if call.context.blobs is None:
        raise ApiError(503, "unavailable", "Files are not stored here.")
    return call.context.blobs


async def send_file(call: Call, body: FileBody) -> web.StreamResponse:
    """Stream it under headers that keep it from acting as a page. Raises NotFound.

    An inline sound comes in parts if it is asked for so: without them Safari plays none.
    """
    headers = {
        "Content-Type": body.media_type,
        "Content-Disposition": disposition(body.name, is_inline=body.is_inline),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    if body.blob_key is None:
        return web.Response(body=body.content or b"", headers=headers)
    try:
        size = await blobs_of(call).size(body.blob_key)
        status, part = 200, range(size)
        if body.is_inline and body.media_type in SAFE_SOUNDS:
            headers["Accept-Ranges"] = "bytes"
            if (asked := _asked_part(call.request, size)) is not None:
                status, part = (206, asked) if asked else (416, asked)
                told = f"{part[0]}-{part[-1]}" if part else "*"
                headers["Content-Range"] = f"bytes {told}/{size}"
        headers["Content-Length"] = str(len(part))
        async with blobs_of(call).open(body.blob_key, start=part.start) as reader:
            response = web.StreamResponse(status=status, headers=headers)
            await response.prepare(call.request)
            left = len(part) if call.request.method != "HEAD" else 0
            while chunk := await reader.read(min(CHUNK, left)):
                await response.write(chunk)
                left -= len(chunk)
    except BlobMissing as error:
        raise NotFound("The bytes of this file are gone.") from error
    await response.write_eof()
    return response


def _asked_part(request: web.Request, size: int) -> range | None:
    """The bytes that a `Range` asks for (RFC 9110, 14): none past the end. None: all of it.

    That is also the answer to several parts, and to a condition, since nothing names a version.
    """
    found = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if found is None or request.method != "GET" or "If-Range" in request.headers:
        return None
    first, last = found.groups()
    if not first:
        return range(max(size - int(last), 0), size) if last else None
    if last and int(last) < int(first):
        return None
    start = min(int(first), size)  # nothing is looked for where no disk reaches
    return range(start, min(int(last) + 1, size) if last else size)


def disposition(name: str, *, is_inline: bool = False) -> str:
    """RFC 6266, with a plain name for clients that don't read RFC 8187."""
    kind = "inline" if is_inline else "attachment"
    plain = "".join(one if one.isascii() and one not in '"\\%' else "_" for one in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _harmless(media_type: str) -> str:
    """Types that a browser could run are sent as mere bytes."""
    bare = well_formed(media_type)
    return UNKNOWN if any(part in bare for part in _RUNS_IN_BROWSERS) else bare


async def _kind_of(call: Call, blob_key: str) -> str:
    try:
        async with blobs_of(call).open(blob_key) as reader:
            return await sniff(await reader.read(SNIFFED))
    except BlobMissing as error:
        raise NotFound("The bytes of this file are gone.") from error
