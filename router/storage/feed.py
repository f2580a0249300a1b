"""Reads that the agents' feed is made of: facts with what they speak of, and rows of the list."""

from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter
from typing import Any

import msgspec

from router.storage.records import Record, fetch
from router.storage.rows import members_statement
from router.storage.sight import ACCESS_CLASSES
from router.storage.timeline import AROUND_MESSAGE, MESSAGE
from router.storage.unit_of_work import Fact, UnitOfWork

ABOUT_MESSAGES = (Fact.MESSAGE_CREATED, Fact.MESSAGE_CHANGED)
_KINDS = ", ".join(f"'{kind}'" for kind in ABOUT_MESSAGES)
_TOLD = f"""
    select o.position as fact_position, o.kind as fact_kind, o.person_id as fact_person_id,
           o.ref as fact_ref, {MESSAGE}
    from (
        select position, kind, person_id, ref from outbox
        where position > $1 order by position limit $2
    ) o
    left join messages m on m.id = o.ref and o.kind in ({_KINDS})
    {AROUND_MESSAGE}
    order by o.position
"""
_MEMBERS = members_statement(
    "array(select distinct root_id from told where id is not null)",
    classes="$3",
    agents="$4",
    hidden="array[]::bigint[]",
)
_READ_APART = ("has_files", "has_deliveries", "has_reactions")
PARAMETERS = 4


def told_with_members_statement(*, before: str = "") -> str:
    """Neither side has a row of the other: two results of one snapshot in one answer. `before`:
    columns that come first.
    """
    return f"""
        with told as materialized ({_TOLD}), members as materialized ({_MEMBERS})
        select {before}told.*, members.*, (
            select true from cases c
            where c.person_id = members.id and c.access_class <> 'normal' limit 1
        ) as is_restricted
        from told full join members on false
    """


TOLD_WITH_MEMBERS = told_with_members_statement()


class ToldWithMembers(msgspec.Struct, frozen=True, kw_only=True):
    told: list[Record]
    members: list[Record]
    """Of the conversations of the messages among `told`, as somebody sees them who sees all."""
    is_restricted: bool
    """Whether others would see some of these conversations otherwise."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing more must be read, which could be of later than `is_restricted`."""
        return not any(
            row["direction"] == "event" or any(row[rest] for rest in _READ_APART)
            for row in self.told
        ) and all(row["last_direction"] != "event" for row in self.members)

    def is_gapless_after(self, position: int) -> bool:
        return all(
            row["fact_position"] == expected for expected, row in enumerate(self.told, position + 1)
        )


async def told_after(work: UnitOfWork, position: int, *, limit: int) -> list[Record]:
    """The next entries of the outbox, in order and without a gap, as `fact_...`.

    With those that speak of a message it comes as `timeline.messages` has it; else its `id` is
    None.
    """
    return await fetch(work, _TOLD, position, limit)


async def told_with_members(
    work: UnitOfWork, position: int, agent_ids: Collection[int], *, limit: int
) -> ToldWithMembers:
    """The same with `rows.members` of the messages' conversations: one statement, one snapshot."""
    rows = await fetch(work, TOLD_WITH_MEMBERS, *told_values(position, agent_ids, limit=limit))
    names = list(rows[0].keys()) if rows else []
    return to_told(names, [tuple(row.values()) for row in rows])


def told_values(position: int, agent_ids: Collection[int], *, limit: int) -> list[object]:
    """The PARAMETERS of TOLD_WITH_MEMBERS."""
    return [position, limit, list(ACCESS_CLASSES), list(agent_ids)]


def to_told(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> ToldWithMembers:
    """What TOLD_WITH_MEMBERS gave, in any order, by the names of its columns."""
    told: list[Record] = []
    members: list[Record] = []
    border = names.index("id", names.index("id") + 1) if names else 0
    of_told, of_members = names[:border], names[border:]
    for values in rows:
        if values[0] is not None:
            told.append(dict(zip(of_told, values[:border], strict=True)))
        else:
            members.append(dict(zip(of_members, values[border:], strict=True)))
    told.sort(key=itemgetter("fact_position"))
    return ToldWithMembers(
        told=told, members=members, is_restricted=any(row["is_restricted"] for row in members)
    )
