"""Routes: photos of the agents who answered a visitor, where the account shows them.

No address says who asks: a photo has the same one for everybody. What works on them is imported
with the first call.
"""

from typing import Annotated

import msgspec
from aiohttp import web

from router.services.visitors import LocalAccount
from router.web import visitor_door as door
from router.web.arguments import Id
from router.web.context import Call
from router.web.photos import Version, to_picture
from router.web.problems import ApiError
from router.web.routes import Routes
from router.web.visitor import VISITOR

routes = Routes(prefix=door.PREFIX, tag="visitor")

Seqs = Annotated[list[Id], msgspec.Meta(min_length=1, max_length=100)]


class Face(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    """Of the answer."""
    version: str
    """Of the photo of whoever wrote it: stands in its address, and what is there never changes."""


class Faces(msgspec.Struct, frozen=True, kw_only=True):
    faces: tuple[Face, ...]
    """Of those answers whose authors have a photo."""


@routes.get("/faces", policy=VISITOR, errors=(401, 403, 404, 429))
async def list_visitor_faces(call: Call, hook: str, of: Seqs) -> Faces:
    """Photos of those who wrote these answers, as far as the visitor sees them."""
    from router.services import agent_photos

    account = await _enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    found = await agent_photos.list_of_answers(call.context.database, row, of)
    return Faces(faces=tuple(Face(seq=seq, version=found[seq]) for seq in sorted(found)))


@routes.get("/faces/{version}", policy=VISITOR, gives=("image/jpeg",), errors=(401, 403, 404, 429))
async def read_visitor_face(call: Call, hook: str, version: Version) -> web.Response:
    """The picture: a JPEG of at most 64 KB and 512 pixels a side."""
    from router.services import agent_photos

    account = await _enter(call, hook)
    await door.session_of(call, account, door.bearer_token(call.request))
    content = await agent_photos.load_version(call.context.database, version)
    return to_picture(content)


async def _enter(call: Call, hook: str) -> LocalAccount:
    account = await door.enter(call, hook)
    if not account.connector.shows_photos:
        raise ApiError(404, "not_found", "This chat shows no photos.")
    return account
