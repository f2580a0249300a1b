"""Routes: photos of agents, put by themselves and seen by everybody at the desk. Who changes agents
may drop one.

What works on them is imported with the first call.
"""

from typing import Annotated

import msgspec
from aiohttp import web

from router.web.agents import CHANGE
from router.web.arguments import Id, too_large
from router.web.auth import check_is_person
from router.web.context import Call
from router.web.conversations import READ
from router.web.policy import SIGNED_IN
from router.web.routes import Routes

routes = Routes(tag="me")

CHUNK = 16 * 1024
Version = Annotated[str, msgspec.Meta(max_length=64)]


class AgentPhoto(msgspec.Struct, frozen=True, kw_only=True):
    agent_id: int
    version: str
    """Stands in the address of the picture: what is there never changes."""


class AgentPhotos(msgspec.Struct, frozen=True, kw_only=True):
    photos: tuple[AgentPhoto, ...]
    """Of those who have one."""


@routes.put("/me/photo", policy=SIGNED_IN, takes="image/jpeg", errors=(413,))
async def put_photo(call: Call) -> AgentPhoto:
    """Show a JPEG to colleagues, of at most 64 KB and 512 pixels a side.

    Only what draws it is kept: no place, no camera. 400 `bad_photo` says what is wrong with it.
    """
    from core.photos import LARGEST
    from router.services import agent_photos

    check_is_person(call)
    content = b""
    async for chunk in call.request.content.iter_chunked(CHUNK):
        content += chunk
        if len(content) > LARGEST:
            raise too_large(LARGEST)
    version = await agent_photos.put_photo(call.context.database, call.caller, content)
    return AgentPhoto(agent_id=call.caller.agent_id, version=version)


@routes.delete("/me/photo", policy=SIGNED_IN)
async def drop_photo(call: Call) -> None:
    """Do without a photo."""
    from router.services import agent_photos

    check_is_person(call)
    await agent_photos.drop_photo(call.context.database, call.caller, call.caller.agent_id)


@routes.delete("/agents/{agent_id}/photo", policy=CHANGE)
async def drop_photo_of(call: Call, agent_id: Id) -> None:
    """Take somebody's photo away; they may put another one."""
    from router.services import agent_photos

    await agent_photos.drop_photo(call.context.database, call.caller, agent_id)


@routes.get("/agent-photos", policy=READ)
async def list_photos(call: Call) -> AgentPhotos:
    """Who has a photo."""
    from router.services import agent_photos

    found = await agent_photos.list_photos(call.context.database)
    return AgentPhotos(
        photos=tuple(AgentPhoto(agent_id=one, version=version) for one, version in found.items())
    )


@routes.get("/agents/{agent_id}/photo/{version}", policy=READ, gives=("image/jpeg",))
async def read_photo(call: Call, agent_id: Id, version: Version) -> web.Response:
    """The picture itself; another one has another version."""
    from router.services import agent_photos

    content = await agent_photos.load_photo(call.context.database, agent_id, version)
    return to_picture(content)


def to_picture(content: bytes) -> web.Response:
    """A photo as it goes out: nothing runs in it, and what its address says never changes."""
    headers = {
        "Content-Type": "image/jpeg",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=604800, immutable",
    }
    return web.Response(body=content, headers=headers)
