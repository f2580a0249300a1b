"""Persons, identities and merges as the API shows them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

import msgspec

from core.addresses import readable_address
from core.people import EvidenceKind, is_claimed, site_of, standing_level
from router.services.identity.evidence import Ground, ends_at, ground_of
from router.services.shown.host_accounts import PersonAccount, accounts_of
from router.services.shown.names import Named, named
from router.storage import profiles
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork


class ShownEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """One reason to believe an identity. None is ever deleted: what counts no longer says so."""

    id: int
    kind: EvidenceKind
    ground: Ground
    """The same in a word that tells the sorts of proof apart."""
    level: int
    proof: dict[str, Any]
    at: datetime
    stands: bool
    """Whether it counts, as of when this was read."""
    ends_at: datetime | None
    """Since when, or until when, if that is known."""
    withdrawn: Literal["unlinked", "closed"] | None
    """Why the host took it back, if it did."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    realm: str
    realm_name: str
    """What to call a realm that holds for one site: the account by which they first wrote there, or
    the site. Empty: the realm is one of its channel's, and known by its own name."""
    handle: str
    handle_shown: str
    """The same as people write it, where that could hardly be taken for another: to be read, and
    never to be compared or sent to."""
    shown_as: str
    level: int
    is_claimed: bool
    is_shared: bool
    """Several people use it: it is never joined with others, and proves at most level 1."""
    doubted_at: datetime | None
    """Then they said that what it is joined with is not them; it counts as shared since."""
    host_account: str | None
    is_reachable: bool
    unreachable_reason: str
    notices_stopped_at: datetime | None
    """Since then they want answers, and no notices."""
    seen_at: datetime | None
    home_person_id: int
    """Whose it is without any merge."""
    is_preferred: bool
    """By which they want to be reached: where answers go unless they just wrote elsewhere."""
    blocked_at: datetime | None
    """Since then what it writes is kept and rings nowhere."""
    shows_pictures: bool
    """Pictures from elsewhere are shown in its letters without being asked for."""
    evidence: tuple[ShownEvidence, ...]


class PersonNote(msgspec.Struct, frozen=True, kw_only=True):
    """What agents note about a person, on no channel and in no case."""

    id: int
    text: str
    revision: int
    """0: as first written."""
    agent: Named
    """Who wrote this revision."""
    written_at: datetime
    changed_at: datetime


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What they agreed to, or took back, as it stands now."""

    id: int
    purpose: str
    is_given: bool
    source: str
    """Where and how they said so."""
    agent: Named
    """Who wrote it down."""
    at: datetime


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
    host_accounts: tuple[PersonAccount, ...]
    """One may hold several."""
    blocked_at: datetime | None
    """Since then what they write is kept and rings nowhere."""
    notes: tuple[PersonNote, ...]
    """The newest first."""
    consents: tuple[Consent, ...]
    """One for each purpose, by name."""


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    kind: Literal["merge", "split"]
    """A split took the loser out alone, of those for whom the winner stood."""
    loser_id: int
    loser_name: str
    winner_id: int
    winner_name: str
    agent: Named | None
    """None: evidence joined them, or ops did."""
    reason: str
    ground: Literal["agent", "signed_token", "link_code", "host_verified"]
    merged_at: datetime
    undone_at: datetime | None
    undone_by: Named | None
    undo_reason: str
    undo_ground: Literal["agent", "evidence"] | None
    """`evidence`: what it rested on was taken back."""


async def load_persons(work: UnitOfWork, root_ids: Collection[int]) -> dict[int, Person]:
    rows = await profiles.persons(work, root_ids)
    known = await profiles.identities(work, root_ids)
    evidence: dict[int, list[ShownEvidence]] = {}
    for one in await profiles.evidence(work, [row["id"] for row in known]):
        evidence.setdefault(one["identity_id"], []).append(_to_evidence(one, work.now()))
    identities: dict[int, list[Identity]] = {}
    preferred = _preferred(known)
    for row in known:
        identity = _to_identity(row, evidence.get(row["id"], ()), preferred)
        identities.setdefault(row["root_id"], []).append(identity)
    accounts = await accounts_of(work, root_ids)
    return {
        row["id"]: Person(
            id=row["id"],
            display_name=row["display_name"],
            language=row["language"],
            attributes=row["attributes"],
            created_at=row["created_at"],
            member_ids=tuple(row["member_ids"] or ()),
            identities=tuple(identities.get(row["id"], ())),
            host_accounts=accounts.get(row["id"], ()),
            blocked_at=row["blocked_at"],
            notes=tuple(_to_note(one) for one in row["notes"] or ()),
            consents=tuple(_to_consent(one) for one in row["consents"] or ()),
        )
        for row in rows
    }


def _to_evidence(row: Record, now: datetime) -> ShownEvidence:
    kind = EvidenceKind(row["kind"])
    ends = ends_at(kind, row["proof"], row["withdrawn_at"])
    return ShownEvidence(
        id=row["id"],
        kind=kind,
        ground=ground_of(kind, row["proof"]),
        level=row["level"],
        proof=row["proof"],
        at=row["at"],
        stands=ends is None or now < ends,
        ends_at=ends,
        withdrawn=row["withdrawn"],
    )


def _preferred(rows: Collection[Record]) -> frozenset[int]:
    """Of each conversation the identity that was preferred last."""
    newest: dict[int, Record] = {}
    for row in rows:
        if row["preferred_at"] is None:
            continue
        known = newest.get(row["root_id"])
        if known is None or (known["preferred_at"], known["id"]) < (row["preferred_at"], row["id"]):
            newest[row["root_id"]] = row
    return frozenset(row["id"] for row in newest.values())


def _to_note(row: Record) -> PersonNote:
    return PersonNote(
        id=row["id"],
        text=row["text"],
        revision=row["revision"],
        agent=Named(id=row["agent_id"], name=row["agent_name"]),
        written_at=datetime.fromisoformat(row["written_at"]),
        changed_at=datetime.fromisoformat(row["changed_at"]),
    )


def _to_consent(row: Record) -> Consent:
    return Consent(
        id=row["id"],
        purpose=row["purpose"],
        is_given=row["is_given"],
        source=row["source"],
        agent=Named(id=row["agent_id"], name=row["agent_name"]),
        at=datetime.fromisoformat(row["at"]),
    )


def _to_identity(
    row: Record, evidence: Collection[ShownEvidence], preferred: Collection[int]
) -> Identity:
    site = site_of(row["realm"])
    handle_shown = readable_address(row["handle"])
    return Identity(
        id=row["id"],
        realm=row["realm"],
        realm_name=(site and row["account_label"]) or site,
        handle=row["handle"],
        handle_shown=handle_shown,
        shown_as=row["shown_as"] or handle_shown,
        level=standing_level(row["level"], is_shared=row["is_shared"]),
        is_claimed=is_claimed(row["realm"]),
        is_shared=row["is_shared"],
        doubted_at=row["doubted_at"],
        host_account=row["host_account"],
        is_reachable=row["is_reachable"],
        unreachable_reason=row["unreachable_reason"],
        notices_stopped_at=row["notices_stopped_at"],
        seen_at=row["seen_at"],
        home_person_id=row["home_person_id"],
        is_preferred=row["id"] in preferred,
        blocked_at=row["blocked_at"],
        shows_pictures=row["shows_pictures"],
        evidence=tuple(evidence),
    )


def to_merge(row: Record) -> Merge:
    return Merge(
        id=row["id"],
        kind=row["kind"],
        loser_id=row["loser_id"],
        loser_name=row["loser_name"],
        winner_id=row["winner_id"],
        winner_name=row["winner_name"],
        agent=named(row["agent_id"], row["agent_name"]),
        reason=row["reason"],
        ground=row["ground"],
        merged_at=row["merged_at"],
        undone_at=row["undone_at"],
        undone_by=named(row["undone_by_id"], row["undone_by_name"]),
        undo_reason=row["undo_reason"],
        undo_ground=row["undo_ground"],
    )


async def merges_of(work: UnitOfWork, root_id: int) -> tuple[Merge, ...]:
    return tuple(to_merge(row) for row in await profiles.merges_of(work, root_id))


async def load_merge(work: UnitOfWork, merge_id: int) -> Merge | None:
    rows = await profiles.merges(work, [merge_id])
    return to_merge(rows[0]) if rows else None
