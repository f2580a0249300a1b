"""How the waiting queue is given out: for all of it, and for each team."""

import msgspec

from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import Fact, UnitOfWork


class TeamQueue(msgspec.Struct, frozen=True, kw_only=True):
    """A team's own rule."""

    team_id: int
    mode: str
    overflow_team_id: int | None
    overflow_minutes: int | None
    return_live_minutes: int | None
    return_slow_minutes: int | None


_COLUMNS = ", ".join(TeamQueue.__struct_fields__)


async def find(work: UnitOfWork) -> str:
    """JSON; empty: as a new desk has it."""
    row = await fetch_one(work, "select settings::text as settings from queue_settings")
    return "{}" if row is None else str(row["settings"])


async def save(work: UnitOfWork, settings: str) -> None:
    await work.driver.execute(
        "insert into queue_settings (id, settings, changed_at) values (1, $1::jsonb, $2)"
        " on conflict (id) do update set settings = excluded.settings,"
        " changed_at = excluded.changed_at",
        settings,
        work.now(),
    )
    work.announce(Fact.QUEUE_CHANGED)


async def teams(work: UnitOfWork) -> list[TeamQueue]:
    rows = await fetch(work, f"select {_COLUMNS} from team_queues order by team_id")
    return [TeamQueue(**row) for row in rows]


async def lock_teams(work: UnitOfWork) -> None:
    """Nobody else changes how teams get cases, and who helps them, until the commit."""
    await work.driver.execute("lock table team_queues in share row exclusive mode")


async def takes_back(work: UnitOfWork) -> bool:
    """Whether any team takes cases back from who is away."""
    row = await fetch_one(
        work,
        "select true from team_queues"
        " where return_live_minutes is not null or return_slow_minutes is not null limit 1",
    )
    return row is not None


async def save_team(work: UnitOfWork, row: TeamQueue) -> None:
    places = ", ".join(f"${n}" for n in range(1, len(TeamQueue.__struct_fields__) + 1))
    own = ", ".join(f"{n} = excluded.{n}" for n in TeamQueue.__struct_fields__[1:])
    await work.driver.execute(
        f"insert into team_queues ({_COLUMNS}) values ({places})"
        f" on conflict (team_id) do update set {own}",
        *msgspec.structs.astuple(row),
    )
    work.announce(Fact.QUEUE_CHANGED)


async def drop_team(work: UnitOfWork, team_id: int) -> None:
    """It is as the whole queue from now on."""
    await work.driver.execute("delete from team_queues where team_id = $1", team_id)
    work.announce(Fact.QUEUE_CHANGED)


async def is_given_out(work: UnitOfWork) -> bool:
    """Whether any of it goes to agents by itself."""
    row = await fetch_one(
        work,
        """
        select coalesce((select settings ->> 'mode' from queue_settings), 'manual') <> 'manual'
            or (select true from team_queues where mode <> 'manual' limit 1) is not null as is_so
        """,
    )
    return row is not None and bool(row["is_so"])
