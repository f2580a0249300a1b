"""Who wrote: from a sender and its evidence to an identity and the person behind it.

What links it to a host account, and so may join persons, is `services.identity.linking`'s.
"""

from collections.abc import Collection, Sequence

from core.messages import Sender
from core.people import HOST_REALM, IdentityKey, Level, identity_key
from router.services.identity.linking import (
    LinkedElsewhere,
    Statement,
    account_statement,
    link,
)
from router.storage import host_accounts, persons
from router.storage import identities as stored
from router.storage.identities import IdentityRow, NewEvidence, NewIdentity
from router.storage.unit_of_work import Fact, UnitOfWork


def key_of(sender: Sender) -> IdentityKey:
    return identity_key(sender.realm, sender.handle, sender.level)


async def resolve(
    work: UnitOfWork, senders: Sequence[Sender], *, accounts: Collection[str] = ()
) -> dict[IdentityKey, IdentityRow]:
    """Every sender's identity, made where it was not there, with new evidence appended.

    `accounts`: host accounts that are locked first, with those that are linked now, in their order:
    whoever links or unlinks locks the account before its people.
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
    hosts = {one.host_account for one in linking if one.host_account is not None}
    for host in sorted(hosts.union(accounts)):
        await host_accounts.keep_locked(work, host)
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
    """Whether this token says nothing that is not already stored, or that counts for nobody: of a
    session that several people use.
    """
    if row is None:
        return False
    is_known = row.level >= Level.LINKED and row.host_account == sender.host_account
    return is_known or row.is_shared


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
    if host is not None:
        await link(
            work,
            host,
            _statements(sender, host),
            own=key_of(sender),
            name=sender.shown_as or sender.handle,
            language=sender.language,
        )


def _statements(sender: Sender, host: str) -> list[Statement]:
    """What the token vouches for: the host account first, the sender's own identity last."""
    best = max(sender.evidence, key=lambda one: one.level)
    further = [
        Statement(IdentityKey(one.realm, one.handle), one.shown_as, (one.evidence,))
        for one in sender.attested
        if (one.realm, one.handle) != (HOST_REALM, host) and one.evidence.level >= Level.LINKED
    ]
    account = account_statement(host, sender.shown_as, best)
    return [account, *further, Statement(key_of(sender), sender.shown_as, sender.evidence)]
