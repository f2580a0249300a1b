"""Who wrote: from a sender and its evidence to an identity and the person behind it.

The whole rule of joining stands here and in `core.people`: a new handle makes a new person; it
joins an existing one only when both sides are linked to the same host account.
"""

from collections.abc import Iterable, Sequence

from core.messages import Attested, Sender
from core.people import (
    HOST_REALM,
    Evidence,
    IdentityKey,
    Level,
    identity_key,
)
from router.services.errors import ServiceError
from router.services.identity.merging import join_automatically
from router.storage import identities as stored
from router.storage import persons
from router.storage.identities import IdentityRow, NewEvidence, NewIdentity
from router.storage.unit_of_work import Fact, UnitOfWork


class LinkedElsewhere(ServiceError):
    """A session that belongs to one host account brought a token of another: never joined."""

    code = "linked_elsewhere"


def key_of(sender: Sender) -> IdentityKey:
    return identity_key(sender.realm, sender.handle, sender.level)


async def resolve(work: UnitOfWork, senders: Sequence[Sender]) -> dict[IdentityKey, IdentityRow]:
    """Every sender's identity, made where it was not there, with new evidence appended.

    Raises LinkedElsewhere. May merge persons (and lock their conversations) when a signed token
    links handles that were known apart.
    """
    by_key = _one_each(senders)
    known = await stored.find_identities(work, by_key)
    linking = [
        by_key[key]
        for key in sorted(by_key)
        if names_account(by_key[key]) and not _is_linked(by_key[key], known.get(key))
    ]
    for sender in linking:
        await _link(work, sender)
    plain = {
        key: sender for key, sender in by_key.items() if key not in known and sender not in linking
    }
    await _insert_plain(work, plain)
    await _add_better_evidence(work, by_key, known)
    for person in await stored.touch(
        work, [(row, by_key[key].shown_as) for key, row in known.items()]
    ):
        work.announce(Fact.PERSON_CHANGED, person=person, ref=person)
    if plain or linking:
        known = await stored.find_identities(work, by_key)
    return known


def _one_each(senders: Sequence[Sender]) -> dict[IdentityKey, Sender]:
    """The newest of each, unless it says less of the host account than one before it."""
    by_key: dict[IdentityKey, Sender] = {}
    for sender in senders:
        key = key_of(sender)
        known = by_key.get(key)
        if known is not None and names_account(known):
            if not names_account(sender):
                continue
            if sender.host_account != known.host_account:
                raise LinkedElsewhere("Two accounts wrote in one session.")
        by_key[key] = sender
    return by_key


def names_account(sender: Sender) -> bool:
    """Whether a token (or a code) proves the host account: the name alone is a claim."""
    return sender.host_account is not None and sender.level >= Level.LINKED


def _is_linked(sender: Sender, row: IdentityRow | None) -> bool:
    """Whether this token says nothing that is not already stored."""
    return row is not None and row.level >= Level.LINKED and row.host_account == sender.host_account


async def _insert_plain(work: UnitOfWork, fresh: dict[IdentityKey, Sender]) -> None:
    if not fresh:
        return
    keys = sorted(fresh)
    made = await persons.insert_persons(
        work, [(fresh[key].shown_as or key.handle, fresh[key].language) for key in keys]
    )
    ours = await stored.insert_identities(
        work,
        [
            NewIdentity(
                key=key,
                home_person_id=person,
                shown_as=fresh[key].shown_as,
                level=min(fresh[key].level, Level.LINKED),
            )
            for key, person in zip(keys, made, strict=True)
        ],
    )
    await persons.drop_persons(
        work, [person for key, person in zip(keys, made, strict=True) if key not in ours]
    )
    rows = await stored.find_identities(work, keys)
    await stored.add_evidence(
        work,
        [
            NewEvidence(identity_id=rows[key].id, evidence=one)
            for key in keys
            for one in fresh[key].evidence
        ],
    )


async def _add_better_evidence(
    work: UnitOfWork,
    senders: dict[IdentityKey, Sender],
    known: dict[IdentityKey, IdentityRow],
) -> None:
    """Only what raises a level: one row for each message would say nothing new."""
    better = [
        (row, one)
        for key, row in known.items()
        for one in senders[key].evidence
        if one.level > row.level and one.level < Level.LINKED
    ]
    await stored.add_evidence(
        work, [NewEvidence(identity_id=row.id, evidence=one) for row, one in better]
    )
    for row, _ in better:
        work.announce(Fact.PERSON_CHANGED, person=row.root_id, ref=row.root_id)


async def _link(work: UnitOfWork, sender: Sender) -> None:
    """Store what a signed token proves, and let everything that it links be one person."""
    host = sender.host_account
    if host is None:
        return
    statements = _statements(sender, host)
    keys = [key for key, _, _ in statements]
    rows = await stored.find_identities(work, keys)
    sender_row = rows.get(key_of(sender))
    if sender_row is not None and sender_row.host_account not in (None, host):
        raise LinkedElsewhere("This session belongs to another account.")
    base = await _base_person(work, sender, host, rows)
    await _insert_linked(work, statements, rows, base, host)
    rows = await _without_strangers(work, await stored.find_identities(work, keys), sender, host)
    await stored.add_evidence(
        work,
        [
            NewEvidence(identity_id=rows[key].id, evidence=one, host_account=host)
            for key, _, evidence in statements
            for one in evidence
            if key in rows
        ],
    )
    rows = await stored.find_identities(work, rows)
    if rows[key_of(sender)].host_account != host:  # somebody else's link was committed meanwhile
        raise LinkedElsewhere("This session belongs to another account.")
    for row in rows.values():
        if row.host_account == host:
            await join_automatically(work, row.root_id, base, host_account=host)
    # Whatever was linked, this person's identities are not what they were.
    work.announce(Fact.PERSON_CHANGED, person=base, ref=base)


async def _without_strangers(
    work: UnitOfWork, rows: dict[IdentityKey, IdentityRow], sender: Sender, host: str
) -> dict[IdentityKey, IdentityRow]:
    """Without identities that are of another host account, or whose person has one.

    The sender's own stays: the token was made for this very session.
    """
    own = key_of(sender)
    kept = {}
    for key, row in rows.items():
        if row.host_account == host or (
            row.host_account is None
            and (key == own or await stored.host_accounts_of(work, row.root_id) <= {host})
        ):
            kept[key] = row
    if own not in kept:
        raise LinkedElsewhere("This session belongs to another account.")
    return kept


def _statements(sender: Sender, host: str) -> list[tuple[IdentityKey, str, tuple[Evidence, ...]]]:
    """(identity, display name, evidence) that the token vouches for; the host account first."""
    account = Attested(
        realm=HOST_REALM,
        handle=host,
        shown_as=sender.shown_as,
        evidence=max(sender.evidence, key=lambda one: one.level),
    )
    further = [one for one in sender.attested if (one.realm, one.handle) != (HOST_REALM, host)]
    return [
        (IdentityKey(one.realm, one.handle), one.shown_as, (one.evidence,))
        for one in (account, *further)
        if one.evidence.level >= Level.LINKED
    ] + [(key_of(sender), sender.shown_as, sender.evidence)]


async def _base_person(
    work: UnitOfWork, sender: Sender, host: str, rows: dict[IdentityKey, IdentityRow]
) -> int:
    """The root that will stand for everything the token links: the oldest that may."""
    account_row = rows.get(IdentityKey(HOST_REALM, host))
    if account_row is not None:
        return account_row.root_id
    for row in _oldest_first(rows.values()):
        linked = await stored.host_accounts_of(work, row.root_id)
        if linked <= {host}:
            return row.root_id
    [made] = await persons.insert_persons(
        work, [(sender.shown_as or sender.handle, sender.language)]
    )
    return made


async def _insert_linked(
    work: UnitOfWork,
    statements: Sequence[tuple[IdentityKey, str, tuple[Evidence, ...]]],
    rows: dict[IdentityKey, IdentityRow],
    base: int,
    host: str,
) -> None:
    await stored.insert_identities(
        work,
        [
            NewIdentity(
                key=key,
                home_person_id=base,
                shown_as=shown_as,
                level=Level.LINKED,
                host_account=host,
            )
            for key, shown_as, _ in statements
            if key not in rows
        ],
    )


def _oldest_first(rows: Iterable[IdentityRow]) -> list[IdentityRow]:
    return sorted(rows, key=lambda row: row.root_id)
