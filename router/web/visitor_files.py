"""Files that visitors send, whole or in pieces, and those that they may fetch."""

from typing import Annotated
from urllib.parse import quote

import msgspec
from aiohttp import web

from router.blobs import Blobs, BlobTooLarge
from router.services import visitor_stream, visitor_uploads
from router.services.visitor_uploads import LARGEST_CHUNK, Progress, TooManyUploads, Uploaded
from router.web import visitor_door as door
from router.web.arguments import Id, too_large
from router.web.context import Call
from router.web.problems import ApiError
from router.web.routes import Routes
from router.web.visitor import VISITOR, Position

routes = Routes(prefix=door.PREFIX, tag="visitor")

CHUNK = 64 * 1024
FileName = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
UploadKey = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{20,100}$(?!\n)")]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class BeginBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that will come in pieces."""

    name: FileName
    size: Id
    """In bytes."""
    media_type: Annotated[str, msgspec.Meta(max_length=200)] = ""
    sha256: Digest | None = None
    """Of all its bytes, in hex: what came is held against it."""


class BegunBody(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    """Under it the pieces are added, within a day and in this session only."""
    max_piece: int
    """Bytes of one piece."""


@routes.post(
    "/uploads",
    policy=VISITOR,
    takes="application/octet-stream",
    errors=(401, 403, 413, 429),
    status=201,
)
async def post_visitor_upload(call: Call, hook: str, name: FileName) -> Uploaded:
    """Store the body as a file, to be sent with a message within a day."""
    account = await door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    limit = call.context.settings.max_upload_bytes
    most = visitor_uploads.largest(account, limit)
    if (call.request.content_length or 0) > most:
        raise too_large(most)
    try:
        return await visitor_uploads.upload(
            call.context.database,
            _blobs(call),
            account,
            row,
            call.request.content.iter_chunked(CHUNK),
            name=name,
            media_type=call.request.content_type,
            max_size=limit,
        )
    except BlobTooLarge as error:
        raise too_large(most) from error
    except TooManyUploads as error:
        raise _tomorrow(error) from error


@routes.post("/uploads/pieces", policy=VISITOR, errors=(401, 403, 429), status=201)
async def begin_visitor_upload(call: Call, hook: str, body: BeginBody) -> BegunBody:
    """Begin a file that comes in pieces, so that it goes on after a break or a reload."""
    account = await door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    try:
        key = await visitor_uploads.begin(
            call.context.database,
            account,
            row,
            name=body.name,
            media_type=body.media_type,
            size=body.size,
            sha256=body.sha256,
            max_size=call.context.settings.max_upload_bytes,
        )
    except TooManyUploads as error:
        raise _tomorrow(error) from error
    return BegunBody(key=key, max_piece=LARGEST_CHUNK)


@routes.get("/uploads/pieces/{key}", policy=VISITOR, errors=(401, 403, 404, 429))
async def get_visitor_upload(call: Call, hook: str, key: UploadKey) -> Progress:
    """How far a file has come: where to go on."""
    account = await door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    return await visitor_uploads.progress(call.context.database, row, key)


@routes.patch(
    "/uploads/pieces/{key}",
    policy=VISITOR,
    takes="application/octet-stream",
    errors=(401, 403, 404, 409, 413, 429),
)
async def patch_visitor_upload(call: Call, hook: str, key: UploadKey, offset: Position) -> Progress:
    """Add the body's bytes at `offset`: all that have come so far, or 409 says how many have."""
    account = await door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    if (call.request.content_length or 0) > LARGEST_CHUNK:
        raise too_large(LARGEST_CHUNK)
    try:
        return await visitor_uploads.add(
            call.context.database,
            _blobs(call),
            row,
            key,
            call.request.content.iter_chunked(CHUNK),
            offset=offset,
        )
    except BlobTooLarge as error:
        raise too_large(LARGEST_CHUNK) from error


@routes.get(
    "/files/{file_id}",
    policy=VISITOR,
    gives=("application/octet-stream",),
    errors=(401, 403, 404, 429),
)
async def get_visitor_file(call: Call, hook: str, file_id: Id) -> web.StreamResponse:
    """A file of a message that this visitor sees. Never shown as a page of ours."""
    account = await door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    file, blob_key = await visitor_stream.find_file(call.context.database, row, file_id)
    response = web.StreamResponse(
        headers={
            "Content-Type": file.media_type,
            "Content-Length": str(file.size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        }
    )
    async with _blobs(call).open(blob_key) as reader:
        await response.prepare(call.request)
        while chunk := await reader.read(CHUNK):
            await response.write(chunk)
    await response.write_eof()
    return response


def _tomorrow(error: TooManyUploads) -> ApiError:
    return ApiError(429, error.code, str(error), headers={"Retry-After": "3600"})


def _blobs(call: Call) -> Blobs:
    if call.context.blobs is None:
        raise ApiError(503, "unavailable", "Files are not stored here.")
    return call.context.blobs
