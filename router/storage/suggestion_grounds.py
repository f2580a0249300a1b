"""What grounds of suggestions rest on: where hints were given, who has them, what was claimed."""

from collections.abc import Collection
from typing import Any

import msgspec

from core.hints import REALMS
from router.storage.records import fetch
from router.storage.unit_of_work import UnitOfWork


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A message in which a hint was given."""

    root_id: int
    """Who stands for its person now."""
    access_class: str
    """Under which it is seen."""
    level: int
    """At which it was said."""


class Bearer(msgspec.Struct, frozen=True, kw_only=True):
    root_id: int
    identity_id: int
    realm: str
    handle: str
    level: int


async def where_said(work: UnitOfWork, message_ids: Collection[int]) -> dict[int, Said]:
    """What is known of each of these messages."""
    rows = await fetch(
        work,
        """
        select m.id, p.root_id, coalesce(c.access_class, 'normal') as access_class,
               coalesce(m.level, 0) as level
        from messages m join persons p on p.id = m.person_id left join cases c on c.id = m.case_id
        where m.id = any($1::bigint[])
        """,
        list(message_ids),
    )
    return {
        row["id"]: Said(
            root_id=row["root_id"], access_class=row["access_class"], level=row["level"]
        )
        for row in rows
    }


async def bearers(work: UnitOfWork, root_ids: Collection[int]) -> list[Bearer]:
    """Who of these conversations has an address or a number, claimed or proven."""
    rows = await fetch(
        work,
        """
        select p.root_id, i.id as identity_id, i.realm, i.handle, i.level
        from persons p join identities i on i.home_person_id = p.id
        where p.root_id = any($1::bigint[]) and i.realm = any($2::text[])
        order by i.id
        """,
        list(root_ids),
        list(REALMS),
    )
    return [Bearer(**row) for row in rows]


async def claims_of(
    work: UnitOfWork, identity_ids: Collection[int]
) -> dict[int, list[dict[str, Any]]]:
    """Identity -> what was found of what it claimed, oldest first."""
    rows = await fetch(
        work,
        """
        select identity_id, proof from identity_evidence
        where identity_id = any($1::bigint[]) and kind = 'claim' order by id
        """,
        list(identity_ids),
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["identity_id"], []).append(row["proof"])
    return found
