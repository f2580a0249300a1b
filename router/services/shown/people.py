"""Persons, identities and merges as the API shows them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

import msgspec

from core.people import is_claimed
from router.services.shown.names import Named, named
from router.storage import profiles
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork


class ShownEvidence(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    level: int
    proof: dict[str, Any]
    at: datetime


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    realm: str
    handle: str
    shown_as: str
    level: int
    is_claimed: bool
    host_account: str | None
    is_reachable: bool
    unreachable_reason: str
    notices_stopped_at: datetime | None
    """Since then they want answers, and no notices."""
    seen_at: datetime | None
    home_person_id: int
    """Whose it is without any merge."""
    evidence: tuple[ShownEvidence, ...]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A root, with what its members bring."""

    id: int
    display_name: str
    language: str | None
    attributes: dict[str, Any]
    created_at: datetime
    member_ids: tuple[int, ...]
    """Everybody for whom it stands, itself included."""
    identities: tuple[Identity, ...]


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    loser_id: int
    loser_name: str
    winner_id: int
    agent: Named | None
    reason: str
    ground: Literal["agent", "signed_token", "link_code"]
    merged_at: datetime
    undone_at: datetime | None


async def load_persons(work: UnitOfWork, root_ids: Collection[int]) -> dict[int, Person]:
    rows = await profiles.persons(work, root_ids)
    known = await profiles.identities(work, root_ids)
    evidence: dict[int, list[ShownEvidence]] = {}
    for one in await profiles.evidence(work, [row["id"] for row in known]):
        evidence.setdefault(one["identity_id"], []).append(
            ShownEvidence(
                kind=one["kind"],
                level=one["level"],
                proof=one["proof"],
                at=one["at"],
            )
        )
    identities: dict[int, list[Identity]] = {}
    for row in known:
        identity = _to_identity(row, evidence.get(row["id"], ()))
        identities.setdefault(row["root_id"], []).append(identity)
    return {
        row["id"]: Person(
            id=row["id"],
            display_name=row["display_name"],
            language=row["language"],
            attributes=row["attributes"],
            created_at=row["created_at"],
            member_ids=tuple(row["member_ids"] or ()),
            identities=tuple(identities.get(row["id"], ())),
        )
        for row in rows
    }


def _to_identity(row: Record, evidence: Collection[ShownEvidence]) -> Identity:
    return Identity(
        id=row["id"],
        realm=row["realm"],
        handle=row["handle"],
        shown_as=row["shown_as"] or row["handle"],
        level=row["level"],
        is_claimed=is_claimed(row["realm"]),
        host_account=row["host_account"],
        is_reachable=row["is_reachable"],
        unreachable_reason=row["unreachable_reason"],
        notices_stopped_at=row["notices_stopped_at"],
        seen_at=row["seen_at"],
        home_person_id=row["home_person_id"],
        evidence=tuple(evidence),
    )


def to_merge(row: Record) -> Merge:
    return Merge(
        id=row["id"],
        loser_id=row["loser_id"],
        loser_name=row["loser_name"],
        winner_id=row["winner_id"],
        agent=named(row["agent_id"], row["agent_name"]),
        reason=row["reason"],
        ground=row["ground"],
        merged_at=row["merged_at"],
        undone_at=row["undone_at"],
    )


async def merges_of(work: UnitOfWork, root_id: int) -> tuple[Merge, ...]:
    return tuple(to_merge(row) for row in await profiles.merges_of(work, root_id))


async def load_merge(work: UnitOfWork, merge_id: int) -> Merge | None:
    rows = await profiles.merges(work, [merge_id])
    return to_merge(rows[0]) if rows else None
