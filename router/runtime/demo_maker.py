"""Fills the database of a demonstration, once: accounts on stand-in networks, agents, people."""

import asyncio
import json
import secrets
from pathlib import Path

import structlog

from router.blobs import Blobs
from router.runtime.registry import Registry
from router.runtime.sandboxes import Sandboxes
from router.services.demo import Network, SteppedClock, Wanted, seed
from router.services.passwords import Passwords
from router.storage import accounts, agents
from router.storage.engine import Database

AGENTS = (
    ("demo@desk.example", "Demo Owner", "owner"),
    ("mira@desk.example", "Mira Chen", "agent"),
    ("oleg@desk.example", "Oleg Sokolov", "agent"),
)
"""The first is signed in with the password in the mark; the others only answered."""

log = structlog.get_logger(__name__)


async def make_demo(
    database: Database,
    blobs: Blobs,
    sandboxes: Sandboxes,
    registry: Registry,
    *,
    desk_url: str,
    wanted: Wanted,
    mark: Path,
) -> None:
    """Returns when all is there and the mark says so. Raises Conflict: the database is in use."""
    await sandboxes.start(desk_url=desk_url)
    try:
        networks = await _networks(database, registry, set(sandboxes.running))
    finally:
        await sandboxes.stop()
    password = secrets.token_urlsafe(12)
    people, messages = await seed(
        lambda clock: _at(database, clock),
        blobs,
        networks,
        await _agents(database, password),
        wanted,
        now=database.clock.now(),
    )
    made = {"address": AGENTS[0][0], "password": password, "people": people, "messages": messages}
    await asyncio.to_thread(_keep, mark, json.dumps(made))
    log.info("demo.made", people=people, messages=messages)


def _keep(mark: Path, text: str) -> None:
    mark.touch(mode=0o600)
    mark.write_text(text, "utf-8")


def tell(mark: Path) -> str:
    """What to say of it at the start."""
    made = json.loads(mark.read_text("utf-8"))
    return (
        f"\n  A demonstration: {made['people']} people, {made['messages']} messages.\n"
        f"  Sign in as {made['address']} with {made['password']}\n"
        f"  onethread demo --wipe drops all of it."
    )


def _at(database: Database, clock: SteppedClock) -> Database:
    return Database(database.url, clock=clock)


async def _networks(database: Database, registry: Registry, running: set[int]) -> list[Network]:
    async with database.reading() as work:
        states = sorted(await accounts.list_states(work), key=lambda one: one.channel)
    return [
        Network(
            account_id=one.id,
            realm=registry.manifest(one.channel).realm,
            kind=registry.load(one.channel),
        )
        for one in states
        if one.id in running
    ]


async def _agents(database: Database, password: str) -> list[int]:
    hashed = await Passwords().hash(password)
    found: list[int] = []
    async with database.transaction() as work:
        for email, name, role in AGENTS:
            is_first = email == AGENTS[0][0]
            made = await agents.insert(
                work, email=email, name=name, role=role, password_hash=hashed if is_first else None
            )
            if made is not None:
                found.append(made)
    return found
