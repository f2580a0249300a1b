"""Linking to a host account: what a signed token, the host's own API or a link code proves.

The whole rule of joining stands here and in `core.people`: a new handle makes a new person; it
joins an existing one only when both sides are linked to the same host account.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from core.people import HOST_REALM, Evidence, EvidenceKind, IdentityKey, Level
from router.services.errors import ServiceError
from router.services.identity.merging import join_automatically
from router.storage import host_accounts, persons
from router.storage import identities as stored
from router.storage.identities import IdentityRow, NewEvidence, NewIdentity
from router.storage.unit_of_work import Fact, UnitOfWork


class LinkedElsewhere(ServiceError):
    """It belongs to one host account, and what links it names another: never joined."""

    code = "linked_elsewhere"


class TakenBack(ServiceError):
    """The link was taken back after this was proven, or the account is closed."""

    code = "link_taken_back"


class Statement(NamedTuple):
    """What is said of one identity, with the proof."""

    key: IdentityKey
    shown_as: str
    evidence: tuple[Evidence, ...]


def account_key(host: str) -> IdentityKey:
    """The identity that a host account is in its own realm."""
    return IdentityKey(HOST_REALM, host)


def account_statement(host: str, shown_as: str, evidence: Evidence) -> Statement:
    """Of the host account itself."""
    return Statement(account_key(host), shown_as, (evidence,))


async def link(
    work: UnitOfWork,
    host: str,
    statements: Sequence[Statement],
    *,
    own: IdentityKey,
    name: str,
    language: str | None,
) -> int:
    """Store what links these identities to a host account, and let them be one person; its root.

    The statement of the account itself comes first. `own` is what the proof was made for: where it
    belongs to another account, LinkedElsewhere is raised and nothing holds. Others that do, or
    whose person has another account, are left as they are. `name` and `language` are of the person
    if there is none yet. Merges, and locks the conversations that it merges. Raises TakenBack for
    a closed account, and for a signed token of before its link was taken back: a session that
    still carries one. Nothing is linked to an identity that several people use.
    """
    if (await host_accounts.keep_locked(work, host)).closed_at is not None:
        raise TakenBack("The account is closed.")
    rows = await stored.find_identities(work, [one.key for one in statements])
    own_row = rows.get(own)
    if own_row is not None and own_row.host_account not in (None, host):
        raise _elsewhere()
    if own_row is not None:
        await _check_is_fresh(work, own_row, host, statements)
    statements = [
        one for one in statements if not await _is_stale(work, rows.get(one.key), host, one, own)
    ]
    keys = [one.key for one in statements]
    rows = {key: row for key, row in rows.items() if key in keys}
    first = await _first_to_stand(work, host, rows)
    await _insert_linked(
        work, [one for one in statements if one.key not in rows], host, name, language
    )
    # What is read of them from here on stays so: nobody marks, joins or parts them meanwhile.
    await persons.lock_roots(
        work, [row.home_person_id for row in (await stored.find_identities(work, keys)).values()]
    )
    rows = await _without_strangers(work, await stored.find_identities(work, keys), own, host)
    await stored.add_evidence(
        work,
        [
            NewEvidence(
                identity_id=rows[one.key].id,
                evidence=proof,
                host_account=host if proof.level >= Level.LINKED else None,
            )
            for one in statements
            for proof in one.evidence
            if one.key in rows
        ],
    )
    rows = await stored.find_identities(work, rows)
    if rows[own].host_account != host:  # somebody else's link was committed meanwhile
        raise _elsewhere()
    account = rows[account_key(host)].home_person_id
    first = rows[own].home_person_id if first is None else first
    await join_automatically(work, account, first, host_account=host, ground=_ground(statements))
    for row in _oldest_first(rows.values()):
        # Each by an edge of its own to the account: what takes back one link leaves the others.
        if row.host_account == host and not row.is_shared:
            await join_automatically(
                work,
                row.home_person_id,
                account,
                host_account=host,
                ground=_ground(one for one in statements if one.key == row.key),
            )
    # Whatever was linked, this person's identities are not what they were.
    root = (await persons.lock_roots(work, [rows[own].home_person_id]))[rows[own].home_person_id]
    work.announce(Fact.PERSON_CHANGED, person=root, ref=root)
    return root


async def _check_is_fresh(
    work: UnitOfWork, row: IdentityRow, host: str, statements: Sequence[Statement]
) -> None:
    """`at` in a proof is when it was made: what a session goes on showing proves nothing new."""
    if row.host_account == host:
        return
    taken_back_at = await stored.taken_back_at(work, row.id, host)
    if taken_back_at is None:
        return
    for one in statements:
        for proof in one.evidence:
            if proof.kind is EvidenceKind.SIGNED_TOKEN and (
                "at" not in proof.proof
                or datetime.fromisoformat(proof.proof["at"]) <= taken_back_at
            ):
                raise TakenBack("This link was taken back.")


async def _is_stale(
    work: UnitOfWork, row: IdentityRow | None, host: str, said: Statement, own: IdentityKey
) -> bool:
    """Whether a session goes on saying it of an address that the host took back since then."""
    if row is None or row.host_account is not None or said.key in (own, account_key(host)):
        return False
    taken_back_at = await stored.taken_back_at(work, row.id, host)
    return taken_back_at is not None and all(
        "at" not in proof.proof or datetime.fromisoformat(proof.proof["at"]) <= taken_back_at
        for proof in said.evidence
    )


async def _without_strangers(
    work: UnitOfWork, rows: dict[IdentityKey, IdentityRow], own: IdentityKey, host: str
) -> dict[IdentityKey, IdentityRow]:
    """Without identities that are of another host account, or whose person has one, or shared.

    `own` stays: the proof was made for this very one.
    """
    kept = {}
    for key, row in rows.items():
        if row.host_account == host or (
            row.host_account is None
            and not row.is_shared
            and (key == own or await stored.host_accounts_of(work, row.root_id) <= {host})
        ):
            kept[key] = row
    if own not in kept:
        raise _elsewhere()
    return kept


async def _first_to_stand(
    work: UnitOfWork, host: str, rows: dict[IdentityKey, IdentityRow]
) -> int | None:
    """The person who will stand for everything that is linked: the oldest that may.

    None: nobody who is known may, and so it is whom the proof was made for.
    """
    account_row = rows.get(account_key(host))
    if account_row is not None:
        return account_row.home_person_id
    for row in _oldest_first(rows.values()):
        if not row.is_shared and await stored.host_accounts_of(work, row.root_id) <= {host}:
            return row.home_person_id
    return None


async def _insert_linked(
    work: UnitOfWork, fresh: Collection[Statement], host: str, name: str, language: str | None
) -> None:
    """Each with a person of its own."""
    if not fresh:
        return
    ordered = sorted(fresh, key=lambda one: one.key)
    made = await persons.insert_persons(work, [(one.shown_as or name, language) for one in ordered])
    ours = await stored.insert_identities(
        work,
        [
            NewIdentity(
                key=one.key,
                home_person_id=person,
                shown_as=one.shown_as,
                level=Level.LINKED,
                host_account=host,
            )
            for one, person in zip(ordered, made, strict=True)
        ],
    )
    # Another transaction made the identity first.
    await persons.drop_persons(
        work, [person for one, person in zip(ordered, made, strict=True) if one.key not in ours]
    )


def _ground(statements: Iterable[Statement]) -> str:
    kinds = {proof.kind for one in statements for proof in one.evidence}
    for kind in (EvidenceKind.LINK_CODE, EvidenceKind.SIGNED_TOKEN):
        if kind in kinds:
            return kind.value
    return EvidenceKind.HOST_VERIFIED.value


def _oldest_first(rows: Iterable[IdentityRow]) -> list[IdentityRow]:
    return sorted(rows, key=lambda row: row.root_id)


def _elsewhere() -> LinkedElsewhere:
    return LinkedElsewhere("This session belongs to another account.")
