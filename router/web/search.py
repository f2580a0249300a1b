"""Routes: search over everything that an agent may read."""

from typing import Annotated

import msgspec

from router.services.roles import Permission
from router.services.search.finding import SearchPage, search
from router.services.search.refusing import refusing_queries
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="search")

READ = allow(Permission.READ_CONVERSATIONS)

QueryText = Annotated[str, msgspec.Meta(max_length=1_000)]
"""In the language of `core.queries`."""


@routes.get("/search", policy=READ)
async def search_messages(call: Call, q: QueryText, before: Id | None = None) -> SearchPage:
    """Conversations with the messages that answer the query, newest answer first.

    400 with code `query_…` names the characters that are wrong in `at` and `length`.
    """
    with refusing_queries("q"):
        return await search(call.context.database, viewer_of(call.caller), q, before=before)
