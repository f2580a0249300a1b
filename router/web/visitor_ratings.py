"""Routes: what a visitor says of how they were answered, that they are done, or somebody else."""

from typing import Annotated

import msgspec

from router.services import visitor_ratings
from router.services.identity import doubts
from router.services.visitor_ratings import LONGEST_COMMENT, Rateable
from router.web import visitor_door as door
from router.web.context import Call
from router.web.routes import Routes
from router.web.visitor import VISITOR

routes = Routes(prefix=door.PREFIX, tag="visitor")


class RateableBody(msgspec.Struct, frozen=True, kw_only=True):
    case: Rateable | None
    """None: there is nothing to ask about."""


class RatingBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: Annotated[str, msgspec.Meta(max_length=64)]
    """Of what may be rated, as it was given."""
    rating: Annotated[int, msgspec.Meta(ge=1, le=5)]
    comment: Annotated[str, msgspec.Meta(max_length=LONGEST_COMMENT)] = ""


@routes.get("/rating", policy=VISITOR, errors=(401, 403, 429))
async def read_visitor_rating(call: Call, hook: str) -> RateableBody:
    """What may be rated: a case that was solved, or that the visitor has ended."""
    account = await door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    return RateableBody(case=await visitor_ratings.find_rateable(call.context.database, row))


@routes.post("/rating", policy=VISITOR, errors=(401, 403, 409, 429))
async def rate_visitor_case(call: Call, hook: str, body: RatingBody) -> RateableBody:
    """Say how it was. One rating a case; it may be changed for a day."""
    account = await door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    door.hold_signal(call, account, row)
    done = await visitor_ratings.rate(
        call.context.database, row, key=body.key, rating=body.rating, comment=body.comment
    )
    return RateableBody(case=done)


@routes.post("/not-me", policy=VISITOR, status=204, errors=(401, 403, 429))
async def doubt_visitor_join(call: Call, hook: str) -> None:
    """The visitor says that what this chat was joined with is not them: agents look at it, and
    until then nothing about an account is said here. The answer is the same whatever there is.
    """
    account = await door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    door.hold_signal(call, account, row)
    await doubts.doubt_session(call.context.database, row)


@routes.post("/end", policy=VISITOR, status=204, errors=(401, 403, 429))
async def end_visitor_chat(call: Call, hook: str) -> None:
    """The visitor is done for now. The session stays; the conversation says so."""
    account = await door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    door.hold_signal(call, account, row)
    await visitor_ratings.end_chat(call.context.database, row)
