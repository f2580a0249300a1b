"""How the waiting queue is given out, as supervisors have it: for all of it, and for each team."""

from typing import Annotated, Literal

import msgspec

from core.ids import RowId
from core.queue_order import MOST_TIER_AHEAD
from router.services import audit
from router.services.errors import Conflict, NotFound, Refused
from router.storage import queue_settings as stored
from router.storage import teams
from router.storage.engine import Database
from router.storage.queue_settings import TeamQueue
from router.storage.unit_of_work import UnitOfWork

Mode = Literal["manual", "offered", "automatic"]
Minutes = Annotated[int, msgspec.Meta(ge=0, le=10_080)]
Weight = Annotated[int, msgspec.Meta(ge=1, le=100)]
Proficiency = Annotated[int, msgspec.Meta(ge=1, le=5)]
SkillName = Annotated[str, msgspec.Meta(pattern=r"^(language:[a-z]{2,3}|skill:[\w-]{1,60})$")]
"""`language:ru`, or `skill:` with a word."""
_MOST_AHEAD = int(MOST_TIER_AHEAD.total_seconds() // 60)


class Tier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who goes ahead, by the tier that the host says they have."""

    value: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    ahead_minutes: Annotated[int, msgspec.Meta(ge=0, le=_MOST_AHEAD)]
    """How much longer than others they count as waiting."""


class TopicSkill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What cases of a topic, and of those below it, need of who serves them."""

    topic_id: RowId
    skill: SkillName
    least: Proficiency


class QueueSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mode: Mode = "manual"
    """Of cases without a team, and of teams without a rule of their own."""
    offer_seconds: Annotated[int, msgspec.Meta(ge=10, le=3600)] = 60
    """How long an offer stands."""
    decline_minutes: Minutes = 30
    """For how long a case that somebody declined is not offered to them again."""
    sticky_hours: Annotated[int, msgspec.Meta(ge=0, le=8760)] = 72
    """For how long whoever had a person's case last is preferred for the next one."""
    default_capacity: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 10
    """What the queue gives at most to agents for whom nobody has said how much."""
    live_weight: Weight = 2
    """What a case takes of a capacity while somebody waits at the other end."""
    slow_weight: Weight = 1
    match_languages: bool = False
    """Only who has the person's language as a skill serves them."""
    relax_minutes: Minutes | None = None
    """After which a case that needs skills may go to anybody of its team; null: never."""
    tier_attribute: Annotated[str, msgspec.Meta(max_length=64)] = "tier"
    """The person's attribute that names their tier, where the host declares none."""
    tiers: Annotated[tuple[Tier, ...], msgspec.Meta(max_length=20)] = ()
    topic_skills: Annotated[tuple[TopicSkill, ...], msgspec.Meta(max_length=200)] = ()
    return_live_minutes: Minutes | None = None
    """After which an away agent's case goes back if somebody waits for it; null: it stays."""
    return_slow_minutes: Minutes | None = None


class TeamRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for one team instead."""

    mode: Mode
    overflow_team_id: RowId | None = None
    """Who helps, once nobody of the team had room for a case for so long."""
    overflow_minutes: Minutes | None = None
    return_live_minutes: Minutes | None = None
    return_slow_minutes: Minutes | None = None


class TeamRuleOf(TeamRule, frozen=True, kw_only=True):
    team_id: int


class AllSettings(msgspec.Struct, frozen=True, kw_only=True):
    queue: QueueSettings
    teams: tuple[TeamRuleOf, ...]
    """Those with a rule of their own."""


async def load(work: UnitOfWork) -> QueueSettings:
    return msgspec.json.decode(await stored.find(work), type=QueueSettings)


async def load_modes(work: UnitOfWork, settings: QueueSettings) -> dict[int, Mode]:
    """By team; 0: of what has no team and of teams without a rule."""
    rules = {row.team_id: _mode(row.mode) for row in await stored.teams(work)}
    return {0: settings.mode, **rules}


async def takes_back(work: UnitOfWork, settings: QueueSettings) -> bool:
    """Whether cases of somebody who is away go back at all."""
    wanted = (settings.return_live_minutes, settings.return_slow_minutes)
    return wanted != (None, None) or await stored.takes_back(work)


async def load_all(database: Database) -> AllSettings:
    async with database.reading() as work:
        return await _all(work)


async def change(database: Database, *, actor: str, wanted: QueueSettings) -> AllSettings:
    """All of it is as wanted, for what comes from now on. Raises Refused (the field)."""
    for name, values in (
        ("tiers", [one.value for one in wanted.tiers]),
        ("topic_skills", [(one.topic_id, one.skill) for one in wanted.topic_skills]),
    ):
        if len(set(values)) < len(values):
            raise Refused("The same stands there twice.", code="twice", field=name)
    async with database.transaction() as work:
        before = msgspec.to_builtins(await load(work))
        await stored.save(work, msgspec.json.encode(wanted).decode())
        after = msgspec.to_builtins(wanted)
        fields = sorted(name for name in after if before[name] != after[name])
        await audit.record(work, actor, "queue.changed", "queue", {"fields": fields})
        return await _all(work)


async def change_team(
    database: Database, *, actor: str, team_id: int, wanted: TeamRule | None
) -> AllSettings:
    """None: the team is as the whole queue. Raises NotFound, Refused, Conflict `circular`."""
    async with database.transaction() as work:
        await stored.lock_teams(work)
        if await teams.find(work, team_id) is None:
            raise NotFound("There is no such team.")
        if wanted is None:
            await stored.drop_team(work, team_id)
            await audit.record(work, actor, "team.queue_changed", f"teams/{team_id}", {})
            return await _all(work)
        await _check_overflow(work, team_id, wanted)
        await stored.save_team(work, TeamQueue(team_id=team_id, **msgspec.structs.asdict(wanted)))
        facts = msgspec.to_builtins(wanted)
        await audit.record(work, actor, "team.queue_changed", f"teams/{team_id}", facts)
        return await _all(work)


async def _check_overflow(work: UnitOfWork, team_id: int, wanted: TeamRule) -> None:
    target = wanted.overflow_team_id
    if (target is None) != (wanted.overflow_minutes is None):
        raise Refused("Both, or neither.", code="half", field="overflow_minutes")
    if target is None:
        return
    if await teams.find(work, target) is None:
        raise Refused("There is no such team.", code="unknown", field="overflow_team_id")
    helps = {row.team_id: row.overflow_team_id for row in await stored.teams(work)}
    helps[team_id] = target
    seen, at = {team_id}, helps.get(team_id)
    while at is not None:
        if at in seen:
            raise Conflict("Cases would go round in a circle.", code="circular")
        seen.add(at)
        at = helps.get(at)


async def _all(work: UnitOfWork) -> AllSettings:
    return AllSettings(
        queue=await load(work),
        teams=tuple(
            TeamRuleOf(**msgspec.structs.asdict(row) | {"mode": _mode(row.mode)})
            for row in await stored.teams(work)
        ),
    )


def _mode(stored_mode: str) -> Mode:
    mode: Mode = msgspec.convert(stored_mode, Mode)
    return mode
