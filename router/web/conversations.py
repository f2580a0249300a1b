"""Routes: the inbox list, and one conversation as it is read."""

from typing import Annotated, Literal

import msgspec

from core.capabilities import Capabilities
from core.errors import BadConfig
from core.messages import IdentityAddress, Place
from core.splitting import ToWire
from router.bus import signals
from router.bus.signals import ReadSignal
from router.services import conversations, drafts, place_context
from router.services.conversations import Conversation, MessagePage
from router.services.drafts import Draft, DraftKind, KeptDraft
from router.services.folding import Folding
from router.services.place_context import PlacePage
from router.services.roles import Permission
from router.services.search.refusing import refusing_queries
from router.services.search.within import FoundWithin, find_within
from router.services.shown.rows import ConversationRow
from router.services.viewer import viewer_of
from router.storage.lenses import Lens
from router.web.arguments import Id
from router.web.context import Call, Context
from router.web.policy import allow
from router.web.problems import ApiError
from router.web.routes import Routes

routes = Routes(tag="conversations")

READ = allow(Permission.READ_CONVERSATIONS)
WRITE = allow(Permission.WRITE_CONVERSATIONS)

RowIds = Annotated[list[Id], msgspec.Meta(min_length=1, max_length=120)]
Revision = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
PageSize = Annotated[int, msgspec.Meta(ge=1, le=100)]
Only = Literal["notes", "files"]
ChannelName = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
CaseIds = Annotated[tuple[Id, ...], msgspec.Meta(max_length=500)]
Words = Annotated[str, msgspec.Meta(max_length=200, pattern=r"\S")]
"""To be found as they stand; not in the language of `core.queries`."""


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[ConversationRow]


class DraftRevision(msgspec.Struct, frozen=True, kw_only=True):
    revision: int
    """0: there is none now."""


class ReadUpTo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    message_id: Id


@routes.get("/conversations", policy=READ)
async def read_rows(call: Call, ids: RowIds) -> Rows:
    """Rows of the list, in the order asked for. Ids of nobody are left out."""
    viewer = viewer_of(call.caller)
    return Rows(rows=await conversations.load_rows_of(call.context.database, viewer, ids))


@routes.get("/conversations/{person_id}", policy=READ)
async def read_conversation(call: Call, person_id: Id) -> Conversation:
    """A person, their cases, and where they can be answered. A merged person's is the winner's."""
    return await conversations.load_conversation(
        call.context.database,
        viewer_of(call.caller),
        person_id,
        lambda channel: find_capabilities(call.context, channel),
        lambda channel, identity: find_private_place(call.context, channel, identity),
    )


@routes.get("/conversations/{person_id}/messages", policy=READ)
async def read_messages(
    call: Call,
    person_id: Id,
    before: Id | None = None,
    after: Id | None = None,
    around: Id | None = None,
    limit: PageSize = 50,
    only: Only | None = None,
    channel: ChannelName | None = None,
    folds: bool = False,
    opened: CaseIds = (),
    folded: CaseIds = (),
) -> MessagePage:
    """A page of messages: the newest, or those before, after or around one.

    `only`, `channel`: of that kind, said there. `folds=1`: without solved cases, which are told of
    in `chapters`; those in `opened` are not folded, nor is the newest, that of `around`, or one in
    which something is unread. Ask for what is before and after with those `folded` that stay so.
    """
    check_anchors(before=before, after=after, around=around)
    return await conversations.load_page(
        call.context.database,
        viewer_of(call.caller),
        person_id,
        before=before,
        after=after,
        around=around,
        limit=limit,
        lens=to_lens(only, channel),
        folding=Folding(is_wanted=folds, opened=opened, folded=folded),
    )


@routes.get("/conversations/{person_id}/find", policy=READ)
async def find_in_conversation(
    call: Call,
    person_id: Id,
    q: Words,
    only: Only | None = None,
    channel: ChannelName | None = None,
) -> FoundWithin:
    """The messages of a whole conversation in which these letters stand, newest first: in a text, a
    subject or a file's name. 400 with code `query_too_broad` where that takes too long.
    """
    with refusing_queries("q"):
        return await find_within(
            call.context.database,
            viewer_of(call.caller),
            person_id,
            q.strip(),
            lens=to_lens(only, channel),
        )


def to_lens(only: Only | None, channel: str | None) -> Lens:
    return Lens(notes=only == "notes", files=only == "files", channel=channel)


@routes.get("/places/{place_id}/messages", policy=READ)
async def read_place(
    call: Call,
    place_id: Id,
    before: Id | None = None,
    after: Id | None = None,
    around: Id | None = None,
    limit: PageSize = 50,
) -> PlacePage:
    """What everybody says where several people write, as far as the agent may see it."""
    check_anchors(before=before, after=after, around=around)
    return await place_context.load_page(
        call.context.database,
        viewer_of(call.caller),
        place_id,
        before=before,
        after=after,
        around=around,
        limit=limit,
    )


@routes.post("/conversations/{person_id}/read", policy=WRITE)
async def mark_read(call: Call, person_id: Id, body: ReadUpTo) -> None:
    """The agent has read up to this message. Never goes back. Networks that show it are told."""
    context = call.context
    read = await conversations.mark_read(
        context.database, viewer_of(call.caller), person_id, body.message_id
    )
    if context.bus is not None:
        for one in read:
            signal = ReadSignal(
                account_id=one.account_id, remote_place=one.remote_place, remote_id=one.remote_id
            )
            await context.bus.say_live(signals.encode(signal))


@routes.get("/conversations/{person_id}/drafts/{kind}", policy=READ)
async def read_draft(call: Call, person_id: Id, kind: DraftKind) -> KeptDraft:
    """What the agent has begun to write here, with its files. Empty if nothing."""
    return await drafts.load_kept(call.context.database, viewer_of(call.caller), person_id, kind)


@routes.put("/conversations/{person_id}/drafts/{kind}", policy=WRITE, errors=(409,))
async def write_draft(call: Call, person_id: Id, kind: DraftKind, body: Draft) -> DraftRevision:
    """Keep what the agent has written so far. Without text and files there is none.

    409 `draft_changed`: another device wrote it meanwhile, or a recalled answer came back into it.
    """
    revision = await drafts.save_draft(
        call.context.database, viewer_of(call.caller), person_id, kind, body
    )
    return DraftRevision(revision=revision)


@routes.delete("/conversations/{person_id}/drafts/{kind}", policy=WRITE, errors=(409,))
async def drop_draft(
    call: Call, person_id: Id, kind: DraftKind, revision: Revision | None = None
) -> None:
    """Forget what was begun. With a revision 409 `draft_changed` unless it stands there."""
    await drafts.drop_draft(
        call.context.database, viewer_of(call.caller), person_id, kind, revision=revision
    )


def check_anchors(**anchors: int | None) -> None:
    """Raises ApiError 400 if a page is asked for in two ways."""
    given = [name for name, one in anchors.items() if one is not None]
    if len(given) > 1:
        raise ApiError(400, "invalid", "Only one of before, after and around.", field=given[1])


def find_capabilities(context: Context, channel: str) -> Capabilities | None:
    """None: no connector of this channel is installed here, or it cannot run."""
    try:
        return load_capabilities(context, channel)
    except BadConfig:
        return None


def load_capabilities(context: Context, channel: str) -> Capabilities:
    """Raises BadConfig."""
    if context.registry is None:
        raise BadConfig("This process knows no channels.")
    return context.registry.load(channel).capabilities


def load_wire(context: Context, channel: str) -> ToWire:
    """Raises BadConfig."""
    if context.registry is None:
        raise BadConfig("This process knows no channels.")
    return context.registry.load(channel).to_wire


def find_private_place(context: Context, channel: str, identity: IdentityAddress) -> Place | None:
    """Where somebody is written to alone on this channel. None: there is no such place, or no
    connector of this channel is installed here.
    """
    if context.registry is None:
        return None
    try:
        return context.registry.load(channel).private_place(identity)
    except BadConfig:
        return None


def resolve_recipient(context: Context, channel: str, typed: str) -> tuple[Place, IdentityAddress]:
    """Where and whom an agent means by it. Raises BadConfig, ContentRejected, Unsupported."""
    if context.registry is None:
        raise BadConfig("This process knows no channels.")
    return context.registry.load(channel).to_recipient(typed)
