"""Routes: canned replies, and what their variables stand for."""

import msgspec

from router.services import snippets
from router.services.roles import Permission
from router.services.snippets import NewSnippet, Snippet
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ, WRITE
from router.web.routes import Routes

routes = Routes(tag="snippets")


class Snippets(msgspec.Struct, frozen=True, kw_only=True):
    snippets: list[Snippet]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    facts: dict[str, str]
    """Variable -> what it stands for. What is missing, the agent fills in."""


@routes.get("/snippets", policy=READ)
async def list_snippets(call: Call) -> Snippets:
    """The canned replies that one may use: shared, one's teams' and one's own."""
    found = await snippets.list_snippets(
        call.context.database, viewer_of(call.caller), may_change_all=_may_change_all(call)
    )
    return Snippets(snippets=found)


@routes.post("/snippets", policy=WRITE, status=201)
async def add_snippet(call: Call, body: NewSnippet) -> Snippet:
    """A new canned reply. Shared ones are for who may change them; a team's for its members too."""
    return await _save(call, None, body)


@routes.put("/snippets/{snippet_id}", policy=WRITE)
async def change_snippet(call: Call, snippet_id: Id, body: NewSnippet) -> Snippet:
    """The whole of it anew."""
    return await _save(call, snippet_id, body)


@routes.delete("/snippets/{snippet_id}", policy=WRITE)
async def drop_snippet(call: Call, snippet_id: Id) -> None:
    """It is gone for everybody."""
    await snippets.drop_snippet(
        call.context.database,
        viewer_of(call.caller),
        snippet_id,
        actor=call.caller.actor,
        may_change_all=_may_change_all(call),
    )


@routes.post("/snippets/{snippet_id}/restore", policy=WRITE)
async def restore_snippet(call: Call, snippet_id: Id) -> Snippet:
    """One that was dropped within the last day is there again."""
    return await snippets.restore_snippet(
        call.context.database,
        viewer_of(call.caller),
        snippet_id,
        actor=call.caller.actor,
        may_change_all=_may_change_all(call),
    )


@routes.get("/conversations/{person_id}/facts", policy=WRITE)
async def read_facts(
    call: Call, person_id: Id, place_id: Id | None = None, case_id: Id | None = None
) -> Facts:
    """What variables stand for in an answer to this place about this case: never more than may be
    said there. Without a case: about the newest."""
    found = await snippets.load_facts(
        call.context.database,
        viewer_of(call.caller),
        call.caller.name,
        person_id,
        place_id,
        case_id,
    )
    return Facts(facts=found)


async def _save(call: Call, snippet_id: int | None, body: NewSnippet) -> Snippet:
    return await snippets.save_snippet(
        call.context.database,
        viewer_of(call.caller),
        snippet_id,
        body,
        actor=call.caller.actor,
        may_change_all=_may_change_all(call),
    )


def _may_change_all(call: Call) -> bool:
    return Permission.CHANGE_SNIPPETS in call.caller.permissions
