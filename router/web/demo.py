"""Routes: how busy a demonstration is. Not there anywhere else."""

from typing import Annotated

import msgspec

from router.runtime.crowd import MOST, Crowd
from router.web.context import Call
from router.web.policy import public
from router.web.problems import ApiError
from router.web.routes import Routes

routes = Routes(prefix="", tag="sandbox")

_MAKE_BELIEVE = public("Make-believe people on this machine; not there on a production desk.")


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    per_minute: int
    most: int
    said: int
    """Since it began."""


class NewPace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    per_minute: Annotated[int, msgspec.Meta(ge=0, le=MOST)]


@routes.get("/sandbox/crowd", policy=_MAKE_BELIEVE, is_documented=False)
async def read_pace(call: Call) -> Pace:
    """How many messages a minute its people write."""
    return _pace(_crowd(call))


@routes.put("/sandbox/crowd", policy=_MAKE_BELIEVE, is_documented=False)
async def set_pace(call: Call, body: NewPace) -> Pace:
    """Busier, or quieter; 0 is silence."""
    crowd = _crowd(call)
    crowd.per_minute = body.per_minute
    return _pace(crowd)


def _pace(crowd: Crowd) -> Pace:
    return Pace(per_minute=crowd.per_minute, most=MOST, said=crowd.said)


def _crowd(call: Call) -> Crowd:
    if call.context.crowd is None:
        raise ApiError(404, "not_found", "There is no such page.")
    return call.context.crowd
