"""Which messages and conversations meet a condition, newest first, as one sight sees them.

Every statement here has an end: what is too broad to be answered in time is refused, and keeps no
connection busy. Plans are made for the very words: whether one is rare or common decides between
its index and a walk from the newest entry back.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg

from router.storage.condition_sql import Writer
from router.storage.conditions import (
    AnyOf,
    Condition,
    Every,
    SaysWords,
    Without,
    speaks_of_messages,
)
from router.storage.records import fetch
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork

PATIENCE = timedelta(seconds=2)
ABOVE_IDS = 2**50
"""More than any message id; four times it is a number that a browser holds exactly (2^53)."""
_KEYS = {
    "newest": "r.last_message_id",
    "oldest": "r.last_message_id",
    "waiting": "r.last_inbound_id",
}
_DUE = "(extract(epoch from o.due_at) * 1000000)::bigint"
"""In microseconds, as exact as it is kept: what is due at the same one is on the same page."""
MOST_WALKED = 1_000
"""Conversations of a page of what is due first that are asked for one after another."""


class TooBroad(Exception):
    """No answer within PATIENCE."""


@asynccontextmanager
async def bounded(work: UnitOfWork, patience: timedelta = PATIENCE) -> AsyncIterator[None]:
    """Statements within end after this time. Raises TooBroad; the transaction is over then."""
    await work.driver.execute(
        f"set local statement_timeout = {int(patience.total_seconds() * 1000)};"
        "set local plan_cache_mode = force_custom_plan; set local jit = off"
    )
    try:
        yield
    except asyncpg.QueryCanceledError as error:
        raise TooBroad from error
    await work.driver.execute(
        "set local statement_timeout = 0; set local plan_cache_mode = auto; set local jit = on"
    )


def by_priority(priority: int, last_message_id: int) -> int:
    """A conversation's key in a list by priority, ascending: the most urgent and newest first."""
    return priority * ABOVE_IDS + ABOVE_IDS - 1 - last_message_id


async def find_messages(
    work: UnitOfWork,
    sight: Sight,
    agent_id: int,
    condition: Condition,
    *,
    before: int,
    limit: int,
    within: int | None = None,
) -> list[tuple[int, int]]:
    """(message, root) below a message id, newest first; `within`: of this root alone.

    Conversations of which the sight sees nothing may be among them: see `find_hidden`.
    """
    writer = Writer(sight, agent_id, of_messages=True)
    key = "e.message_id" if _has_words(condition) else "m.id"
    where = [writer.write(condition), f"{key} < {writer.value(before)}::bigint"]
    if within is not None:
        where.append(f"p.root_id = {writer.value(within)}::bigint")
    rows = await fetch(
        work,
        f"""
        select m.id, p.root_id {_said(writer, condition)} and {" and ".join(where)}
        order by {key} desc limit {writer.value(limit)}::bigint
        """,
        *writer.values,
    )
    return [(row["id"], row["root_id"]) for row in rows]


async def find_roots(
    work: UnitOfWork,
    sight: Sight,
    agent_id: int,
    condition: Condition,
    *,
    sort: str,
    past: int | None,
    limit: int,
    has_ties: bool = True,
    without: Collection[int] = (),
    only: Sequence[int] | None = None,
) -> list[tuple[int, int]]:
    """(root, its key in this order) beyond a key. `waiting`: who wrote last and waits longest;
    `due`: to whom something is owed, the first one first, and with `has_ties` more than `limit` if
    what is due at the last one's instant goes on: no two pages share one.
    """
    if sort == "due":
        if limit <= MOST_WALKED:
            found = await _owed(
                work, sight, agent_id, condition, past=past, limit=limit, has_ties=has_ties,
                without=without, only=only, is_walk=True,
            )  # fmt: skip
            if len(found) <= MOST_WALKED:
                return found
        return await _owed(
            work, sight, agent_id, condition, past=past, limit=limit, has_ties=has_ties,
            without=without, only=only, is_walk=False,
        )  # fmt: skip
    is_down = sort == "newest"
    writer = Writer(sight, agent_id, of_messages=False)
    key = _key(writer, sort)
    where = [_of_root(writer, condition)]
    if sort == "waiting":
        where.append(writer.in_state(("open",)))
    if past is not None:
        where.append(f"{key} {'<' if is_down else '>'} {writer.value(past)}::bigint")
    where += _among(writer, without, only)
    rows = await fetch(
        work,
        f"""
        select r.id, {key} as key from persons r
        where r.root_id = r.id and r.last_message_id > 0 and {" and ".join(where)}
        order by {key} {"desc" if is_down else "asc"}, r.id {"desc" if is_down else "asc"}
        limit {writer.value(limit)}::bigint
        """,
        *writer.values,
    )
    return [(row["id"], row["key"]) for row in rows]


async def _owed(
    work: UnitOfWork,
    sight: Sight,
    agent_id: int,
    condition: Condition,
    *,
    past: int | None,
    limit: int,
    has_ties: bool,
    without: Collection[int],
    only: Sequence[int] | None,
    is_walk: bool,
) -> list[tuple[int, int]]:
    """A walk along what is due next, or one that begins with what is rarer, and ends beyond
    MOST_WALKED; otherwise everything that runs, once.
    """
    writer = Writer(sight, agent_id, of_messages=False)
    among, runs = writer.owed()
    where = [runs, "r.last_message_id > 0 and r.open_cases > 0", _of_root(writer, condition)]
    where += _among(writer, without, only)
    beyond = ""
    if past is not None:
        beyond = f"{{}} > {writer.value(past)}::bigint"
    if is_walk:
        where.append(writer.is_owed_first())
        if past is not None:
            # Where the walk begins; from which microsecond on is asked beside it.
            since = f"to_timestamp({writer.value(past)}::bigint / 1000000.0 - 0.001)"
            where += [f"o.due_at >= {since}", beyond.format(_DUE)]
        order = "order by o.due_at"
        chosen = f"select r.id, {_DUE} as key"
    else:
        having = f"having {beyond.format(f'min({_DUE})')}" if past is not None else ""
        order = f"group by r.id {having} order by key"
        chosen = f"select r.id, min({_DUE}) as key"
    ties = "with ties" if has_ties else "only"
    asked = (
        f"{chosen} from {among} where {' and '.join(where)} {order}"
        f" fetch first ({writer.value(limit)}::bigint) rows {ties}"
    )
    if is_walk:
        asked = f"select id, key from ({asked}) walked limit {MOST_WALKED + 1}"
    rows = await fetch(work, asked, *writer.values)
    return sorted(((row["id"], row["key"]) for row in rows), key=lambda one: (one[1], one[0]))


def _among(writer: Writer, without: Collection[int], only: Sequence[int] | None) -> list[str]:
    where = []
    if without:
        where.append(f"r.id <> all({writer.value(list(without))}::bigint[])")
    if only is not None:
        where.append(f"r.id = any({writer.value(list(only))}::bigint[])")
    return where


def _key(writer: Writer, sort: str) -> str:
    return _KEYS.get(sort) or (
        f"({writer.priority()} * {ABOVE_IDS} + {ABOVE_IDS - 1} - r.last_message_id)"
    )


def _of_root(writer: Writer, condition: Condition) -> str:
    """What speaks of messages is one search of its own, whose roots are looked up."""
    parts = condition.parts if isinstance(condition, Every) else (condition,)
    ours = [part for part in parts if not speaks_of_messages(part)]
    theirs = [part for part in parts if speaks_of_messages(part)]
    written = [writer.write(part) for part in ours]
    if theirs:
        inner = Every(tuple(theirs))
        of_messages = Writer(writer.sight, writer.agent_id, of_messages=True, values=writer.values)
        where = of_messages.write(inner)
        written.append(f"r.id in (select p.root_id {_said(of_messages, inner)} and {where})")
    return " and ".join(written) or "true"


def _said(writer: Writer, condition: Condition) -> str:
    entries = "left join search_entries e on e.message_id = m.id" if _has_words(condition) else ""
    return f"""
        from messages m {entries}
        join persons p on p.id = m.person_id join persons r on r.id = p.root_id
        left join cases c on c.id = m.case_id
        where m.direction <> 'event' and {writer.seen("c")}
    """


def _has_words(condition: Condition) -> bool:
    match condition:
        case Every(parts) | AnyOf(parts):
            return any(_has_words(part) for part in parts)
        case Without(part):
            return _has_words(part)
        case _:
            return isinstance(condition, SaysWords)
