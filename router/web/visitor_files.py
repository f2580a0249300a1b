"""Files that visitors send, and those that they may fetch."""

from typing import Annotated
from urllib.parse import quote

import msgspec
from aiohttp import web

from core.file_names import clean_file_name
from router.blobs import Blobs, BlobTooLarge
from router.services import visitor_messages, visitor_stream
from router.services.media_types import well_formed
from router.services.visitor_messages import TooManyUploads
from router.web import visitor_door as door
from router.web.arguments import Id, too_large
from router.web.context import Call
from router.web.problems import ApiError
from router.web.routes import Routes
from router.web.visitor import VISITOR, UploadBody

routes = Routes(prefix=door.PREFIX, tag="visitor")

CHUNK = 64 * 1024
FileName = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


@routes.post(
    "/uploads",
    policy=VISITOR,
    takes="application/octet-stream",
    errors=(401, 403, 413, 429),
    status=201,
)
async def post_visitor_upload(call: Call, hook: str, name: FileName) -> UploadBody:
    """Store the body as a file, to be sent with a message within a day."""
    account = door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    limit = call.context.settings.max_upload_bytes
    most = min(limit, account.connector.capabilities.files.max_size)
    if (call.request.content_length or 0) > most:
        raise too_large(most)
    clean = clean_file_name(name)
    media_type = well_formed(call.request.content_type)
    try:
        upload_id, size = await visitor_messages.upload(
            call.context.database,
            _blobs(call),
            account,
            row,
            call.request.content.iter_chunked(CHUNK),
            name=clean,
            media_type=media_type,
            max_size=most,
        )
    except BlobTooLarge as error:
        raise too_large(most) from error
    except TooManyUploads as error:
        raise ApiError(429, error.code, str(error), headers={"Retry-After": "3600"}) from error
    return UploadBody(id=upload_id, name=clean, media_type=media_type, size=size)


@routes.get(
    "/files/{file_id}",
    policy=VISITOR,
    gives=("application/octet-stream",),
    errors=(401, 403, 404, 429),
)
async def get_visitor_file(call: Call, hook: str, file_id: Id) -> web.StreamResponse:
    """A file of a message that this visitor sees. Never shown as a page of ours."""
    account = door.enter(call, hook)
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


def _blobs(call: Call) -> Blobs:
    if call.context.blobs is None:
        raise ApiError(503, "unavailable", "Files are not stored here.")
    return call.context.blobs
