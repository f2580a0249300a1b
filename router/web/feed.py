"""The live feed of an agent: `/api/v1/feed?after=<position>`, a WebSocket."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

import msgspec
import structlog
from aiohttp import WSMsgType, web

from router.bus.signals import PresenceSignal, TypingSignal
from router.services.callers import find_standing
from router.services.errors import ServiceError
from router.services.roles import Permission
from router.services.viewer import find_conversation, viewer_of
from router.storage import whereabouts
from router.web.accounts import to_account
from router.web.arguments import Id
from router.web.context import CONTEXT, Call, Context
from router.web.feed_frames import Pong, frame
from router.web.feed_hub import FeedHub
from router.web.feed_presence import FeedPresence
from router.web.feed_socket import CutOff, Feed
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="feed")

LOOK_SECONDS = 3.0
"""How often it is checked that those who listen still may: a revoked session's feed ends."""
HEARTBEAT_SECONDS = 30.0
LARGEST_FRAME = 4 * 1024
FRAMES_A_MINUTE = 300
SIGNED_OUT = 4401
TOO_FAST = 1008
GOING_AWAY = 1001

HUB: web.AppKey[FeedHub] = web.AppKey("feed_hub", FeedHub)
PRESENCE: web.AppKey[FeedPresence] = web.AppKey("feed_presence", FeedPresence)

After = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]

log = structlog.get_logger(__name__)


class Presence(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="presence"):
    person_id: Id | None
    activity: Literal["viewing", "writing_reply", "writing_note"] = "viewing"


class Typing(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="typing"):
    place_id: Id
    is_typing: bool


class Ping(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ping"):
    pass


_FRAMES = msgspec.json.Decoder(Presence | Typing | Ping)
_PONG = frame(Pong())


def install(app: web.Application) -> None:
    """The feed's loops, which live as long as the application."""
    app.cleanup_ctx.append(_run)
    app.on_shutdown.append(_close)


async def _run(app: web.Application) -> AsyncIterator[None]:
    context = app[CONTEXT]
    hub = FeedHub(context.database, context.bus, lambda state: to_account(context, state))
    presence = FeedPresence(context.database, context.bus, hub)
    app[HUB], app[PRESENCE] = hub, presence
    tasks = [
        asyncio.create_task(hub.run(), name="feed"),
        asyncio.create_task(presence.run(), name="feed-live"),
        asyncio.create_task(_look_forever(context, hub), name="feed-look"),
    ]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _close(app: web.Application) -> None:
    app[HUB].end_all(GOING_AWAY)


@dataclass(slots=True)
class _Page:
    """One open page of an agent, and what it last said."""

    call: Call
    feed: Feed
    socket: str = field(default_factory=lambda: secrets.token_hex(8))
    person_id: int | None = None
    frames: int = 0
    counted_since: float = 0.0

    def is_too_fast(self) -> bool:
        now = self.call.context.clock.monotonic()
        if now - self.counted_since > 60:
            self.counted_since, self.frames = now, 0
        self.frames += 1
        return self.frames > FRAMES_A_MINUTE


@routes.get("/feed", policy=allow(Permission.READ_CONVERSATIONS))
async def feed(call: Call, after: After | None = None) -> web.WebSocketResponse:
    """Everything that changes, from a position on, in order, without a gap or a repeat."""
    hub, presence = call.request.app[HUB], call.request.app[PRESENCE]
    socket = web.WebSocketResponse(
        heartbeat=HEARTBEAT_SECONDS, max_msg_size=LARGEST_FRAME, compress=False
    )
    await socket.prepare(call.request)
    with contextlib.suppress(CutOff):
        opened = Feed.of(call.caller, call.request)
        page = _Page(call, opened)
        try:
            await hub.join(opened, after)
            presence.greet(opened)
            await _listen(page, socket, presence)
        finally:
            hub.leave(opened)
            if page.person_id is not None:
                await presence.say(_presence(page, None, "viewing"))
    return socket


async def _listen(page: _Page, socket: web.WebSocketResponse, presence: FeedPresence) -> None:
    """Carry out what the page says until it goes away. What makes no sense is passed over."""
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        if page.is_too_fast():
            await socket.close(code=TOO_FAST)
            return
        try:
            said = _FRAMES.decode(message.data)
        except msgspec.MsgspecError:
            continue
        match said:
            case Ping():
                page.feed.write(_PONG)
            case Presence():
                await _be_present(page, said, presence)
            case Typing():
                await _type(page, said, presence)


async def _be_present(page: _Page, said: Presence, presence: FeedPresence) -> None:
    person = said.person_id
    if person is not None and person != page.person_id:
        viewer = viewer_of(page.call.caller)
        try:
            async with page.call.context.database.reading() as work:
                person = (await find_conversation(work, viewer, person)).root_id
        except ServiceError:
            return
    if person is None and page.person_id is None:
        return
    page.person_id = person
    await presence.say(_presence(page, person, said.activity))


def _presence(
    page: _Page,
    person_id: int | None,
    activity: Literal["viewing", "writing_reply", "writing_note"],
) -> PresenceSignal:
    return PresenceSignal(
        agent_id=page.feed.agent_id,
        name=page.call.caller.name,
        socket=page.socket,
        person_id=person_id,
        activity=activity,
    )


async def _type(page: _Page, said: Typing, presence: FeedPresence) -> None:
    """Let the person see that an agent writes, if this agent may write there at all."""
    if Permission.WRITE_CONVERSATIONS not in page.call.caller.permissions:
        return
    viewer = viewer_of(page.call.caller)
    try:
        async with page.call.context.database.reading() as work:
            place = await whereabouts.find_by_place(work, said.place_id)
            if place is None:
                return
            await find_conversation(work, viewer, place.root_id)
    except ServiceError:
        return
    await presence.say(
        TypingSignal(
            side="agent",
            account_id=place.account_id,
            remote_place=place.remote_place,
            is_typing=said.is_typing,
            name=page.call.caller.name,
            agent_id=viewer.agent_id,
        )
    )


async def _look_forever(context: Context, hub: FeedHub) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await look(context, hub)
        except Exception as error:
            log.warning("feed.look_failed", fault=type(error).__name__)


async def look(context: Context, hub: FeedHub) -> None:
    """End the feeds of those who may not listen any more, or not as they did, or don't read."""
    hub.cut_stalled(context.clock.monotonic())
    feeds = hub.feeds
    standing = await find_standing(context.database, [one.caller for one in feeds])
    for one, caller in zip(feeds, standing, strict=True):
        if (
            caller is None
            or caller.permissions != one.caller.permissions
            or caller.access_classes != one.caller.access_classes
        ):
            log.info("feed.ended", agent=one.agent_id)
            one.end(SIGNED_OUT)
