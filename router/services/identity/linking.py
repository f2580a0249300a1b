"""Linking to a host account: what a signed token, the host's own API or a link code proves.

The whole rule of joining stands here and in `core.people`: a new handle makes a new person; it
joins an existing one only when both sides are linked to the same host account.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from core.people import HOST_REALM, Evidence, IdentityKey, Level
from router.services.errors import ServiceError
from router.services.identity.merging import join_automatically
from router.storage import identities as stored
from router.storage import persons
from router.storage.identities import IdentityRow, NewEvidence, NewIdentity
from router.storage.unit_of_work import Fact, UnitOfWork


class LinkedElsewhere(ServiceError):
    """It belongs to one host account, and what links it names another: never joined."""

    code = "linked_elsewhere"


class Statement(NamedTuple):
    """What is said of one identity, with the proof."""

    key: IdentityKey
    shown_as: str
    evidence: tuple[Evidence, ...]


def account_statement(host: str, shown_as: str, evidence: Evidence) -> Statement:
    """Of the host account itself: the identity that it is in its own realm."""
    return Statement(IdentityKey(HOST_REALM, host), shown_as, (evidence,))


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
    if there is none yet. Merges, and locks the conversations that it merges.
    """
    keys = [one.key for one in statements]
    rows = await stored.find_identities(work, keys)
    own_row = rows.get(own)
    if own_row is not None and own_row.host_account not in (None, host):
        raise _elsewhere()
    base = await _base_person(work, host, rows, name, language)
    await _insert_linked(work, [one for one in statements if one.key not in rows], base, host)
    rows = await _without_strangers(work, await stored.find_identities(work, keys), own, host)
    await stored.add_evidence(
        work,
        [
            NewEvidence(identity_id=rows[one.key].id, evidence=proof, host_account=host)
            for one in statements
            for proof in one.evidence
            if one.key in rows
        ],
    )
    rows = await stored.find_identities(work, rows)
    if rows[own].host_account != host:  # somebody else's link was committed meanwhile
        raise _elsewhere()
    for row in rows.values():
        if row.host_account == host:
            await join_automatically(work, row.root_id, base, host_account=host)
    # Whatever was linked, this person's identities are not what they were.
    work.announce(Fact.PERSON_CHANGED, person=base, ref=base)
    return base


async def _without_strangers(
    work: UnitOfWork, rows: dict[IdentityKey, IdentityRow], own: IdentityKey, host: str
) -> dict[IdentityKey, IdentityRow]:
    """Without identities that are of another host account, or whose person has one.

    `own` stays: the proof was made for this very one.
    """
    kept = {}
    for key, row in rows.items():
        if row.host_account == host or (
            row.host_account is None
            and (key == own or await stored.host_accounts_of(work, row.root_id) <= {host})
        ):
            kept[key] = row
    if own not in kept:
        raise _elsewhere()
    return kept


async def _base_person(
    work: UnitOfWork,
    host: str,
    rows: dict[IdentityKey, IdentityRow],
    name: str,
    language: str | None,
) -> int:
    """The root that will stand for everything that is linked: the oldest that may."""
    account_row = rows.get(IdentityKey(HOST_REALM, host))
    if account_row is not None:
        return account_row.root_id
    for row in _oldest_first(rows.values()):
        linked = await stored.host_accounts_of(work, row.root_id)
        if linked <= {host}:
            return row.root_id
    [made] = await persons.insert_persons(work, [(name, language)])
    return made


async def _insert_linked(
    work: UnitOfWork, fresh: Collection[Statement], base: int, host: str
) -> None:
    await stored.insert_identities(
        work,
        [
            NewIdentity(
                key=one.key,
                home_person_id=base,
                shown_as=one.shown_as,
                level=Level.LINKED,
                host_account=host,
            )
            for one in fresh
        ],
    )


def _oldest_first(rows: Iterable[IdentityRow]) -> list[IdentityRow]:
    return sorted(rows, key=lambda row: row.root_id)


def _elsewhere() -> LinkedElsewhere:
    return LinkedElsewhere("This session belongs to another account.")
