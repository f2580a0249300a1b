"""Routes: the desk as a whole, and how a new one begins."""

import asyncio

from core.connector import Connector
from core.errors import BadConfig
from router.runtime.registry import Registry
from router.services import accounts, workspace
from router.services.roles import Permission
from router.services.workspace import Workspace
from router.storage.first_run import FirstRun, first_run
from router.web.accounts import Account, registry_of, to_account
from router.web.context import Call
from router.web.policy import SIGNED_IN, allow
from router.web.problems import ApiError
from router.web.routes import Routes

routes = Routes(tag="workspace")

CHANGE = allow(Permission.CHANGE_ACCOUNTS)


@routes.get("/workspace", policy=SIGNED_IN)
async def read_workspace(call: Call) -> Workspace:
    """What the desk is called, its language, and when somebody is there."""
    return await workspace.load(call.context.database)


@routes.put("/workspace", policy=CHANGE)
async def change_workspace(call: Call, body: Workspace) -> Workspace:
    """All of it. New hours count on every account without hours of its own, within seconds."""
    return await workspace.change(call.context.database, actor=call.caller.actor, wanted=body)


@routes.get("/first-run", policy=CHANGE)
async def read_first_run(call: Call) -> FirstRun:
    """How far a new desk has come."""
    async with call.context.database.reading() as work:
        return await first_run(work)


@routes.post("/first-run/account", policy=CHANGE, status=201, errors=(409,))
async def add_first_account(call: Call) -> Account:
    """An account that asks nobody for anything and can be written to at once. 409: there is one
    already, or no channel here has such accounts."""
    context = call.context
    registry = registry_of(context)
    desk = await workspace.load(context.database)
    found = await asyncio.to_thread(_find_ready, registry)
    for channel, kind in found:
        values = kind.ready_config(desk.name)
        if values is None:
            continue
        row = await accounts.add_account(
            context.database,
            context.keyring,
            actor=call.caller.actor,
            channel=channel,
            config_type=kind.Config,
            label=registry.manifest(channel).name,
            values=values,
        )
        return to_account(context, row)
    raise ApiError(409, "none_ready", "Every channel here needs credentials.")


def _find_ready(registry: Registry) -> list[tuple[str, type[Connector]]]:
    """Channels that can be loaded and have something to begin with."""
    found: list[tuple[str, type[Connector]]] = []
    for entry in registry.channels():
        try:
            kind = registry.load(entry.channel)
        except BadConfig:
            continue
        if kind.ready_config("") is not None:
            found.append((entry.channel, kind))
    return found
