"""The web application: every group of routes, under one set of headers."""

from aiohttp import web

from router.web import (
    account_limits,
    accounts,
    agents,
    approvals,
    assets,
    assignment,
    audit,
    bulk,
    case_fields,
    case_moves,
    cases,
    conversations,
    deadlines,
    demo,
    docs,
    feed,
    files,
    handovers,
    health,
    held,
    help_centre,
    holding,
    host,
    identities,
    joins,
    labels,
    ladder,
    link_codes,
    macros,
    me,
    messages,
    not_me,
    notices,
    ops,
    person_panel,
    photos,
    quarantine,
    rating_pages,
    reach,
    replies,
    rules,
    sandbox,
    search,
    shifts,
    sign_in,
    snippets,
    teams,
    topics,
    triage,
    views,
    visitor,
    visitor_door,
    visitor_files,
    visitor_ratings,
    visitor_socket,
    watches,
    webhooks,
    webhooks_out,
    widget_assets,
    widget_docs,
    workspace,
)
from router.web.context import CONTEXT, Context
from router.web.headers import add_headers, follow_request
from router.web.routes import OPERATIONS, Routes, check_policies, install

GROUPS: tuple[Routes, ...] = (
    health.routes,
    docs.routes,
    sign_in.routes,
    me.routes,
    agents.routes,
    photos.routes,
    teams.routes,
    accounts.routes,
    ops.routes,
    account_limits.routes,
    workspace.routes,
    held.routes,
    ladder.routes,
    quarantine.routes,
    audit.routes,
    rules.routes,
    macros.routes,
    webhooks_out.routes,
    views.routes,
    conversations.routes,
    watches.routes,
    search.routes,
    bulk.routes,
    labels.routes,
    messages.routes,
    replies.routes,
    approvals.routes,
    holding.routes,
    snippets.routes,
    reach.routes,
    files.routes,
    cases.routes,
    case_moves.routes,
    case_fields.routes,
    deadlines.routes,
    assignment.routes,
    shifts.routes,
    shifts.feed_routes,
    handovers.routes,
    person_panel.routes,
    identities.routes,
    topics.routes,
    triage.routes,
    joins.routes,
    link_codes.routes,
    host.routes,
    feed.routes,
    assets.routes,
    widget_docs.routes,  # before: its page lies below the files
    widget_assets.routes,
    help_centre.routes,
    demo.routes,  # before it: it takes every address under an account's
    sandbox.routes,
    not_me.routes,
    notices.routes,
    rating_pages.routes,
    visitor.routes,
    visitor_files.routes,
    visitor_ratings.routes,
    link_codes.visitor_routes,
    visitor_socket.routes,
    webhooks.routes,  # last: it takes every address under an account's that visitors don't
)
"""In the order of the documentation. A new group is added here."""


def make_app(context: Context) -> web.Application:
    """Raises RouteWithoutPolicy if a route says nothing of who may call it."""
    app = web.Application(middlewares=[follow_request])
    app[CONTEXT] = context
    app[OPERATIONS] = tuple(install(app, GROUPS))
    check_policies(app)
    app.on_response_prepare.append(add_headers)
    visitor_door.install(app)
    feed.install(app)
    assignment.install(app)
    return app
