"""Received messages of one batch become rows: place, person, case, message, ids, files, source."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from core.ids import digest
from core.messages import (
    MAX_TEXT,
    Direction,
    MessageReceived,
)
from core.people import IdentityKey
from core.rich_text import normalised
from router.services.inbound import joining, levels, loops, owners, reappearing, senders
from router.services.inbound.attached import to_attachment
from router.services.inbound.choosing import (
    Choice,
    Placed,
    choose_cases,
    subject_of,
    wants_attention,
)
from router.services.inbound.sources import Prepared
from router.storage import case_choices, persons
from router.storage import inbound as stored
from router.storage.identities import IdentityRow
from router.storage.inbound import DedupKey, NewMessage
from router.storage.inbound_details import Pointers, insert_details
from router.storage.places import PlaceKey, resolve_places
from router.storage.remote_refs import Parked, RemoteRef
from router.storage.spans import to_column
from router.storage.unit_of_work import Fact, UnitOfWork

MAX_NAME = owners.MAX_NAME
OTHERS_THREAD = "It answers a conversation with somebody else; it was not added there."


class Stored(NamedTuple):
    """Ids by (account, event key), duplicates' included; changes that had waited for them."""

    ids: dict[DedupKey, int]
    fresh: frozenset[int]
    parked: list[Parked]

    def plus(self, other: "Stored") -> "Stored":
        return Stored(self.ids | other.ids, self.fresh | other.fresh, self.parked + other.parked)


def dedup_key(event_key: str) -> str:
    """The event key itself while it is short: the index stays small whatever a network sends."""
    key = event_key
    return key if len(key) <= 200 else f"sha256:{digest(key.encode())}"


async def store(
    work: UnitOfWork,
    received: Sequence[tuple[Prepared, MessageReceived, bool]],
    *,
    now: datetime,
    accounts: Collection[str] = (),
) -> Stored:
    """Store what is new of (prepared, event, is a placeholder). Nothing is written for the rest.

    Locks these host `accounts` and those that senders are linked to now, then the conversations of
    everybody who wrote, in ascending order. Raises `linking.LinkedElsewhere` and
    `owners.DeskPlaceUnknown` for an event that must be quarantined.
    """
    by_key = _first_of_each(received)
    if not by_key:
        return Stored({}, frozenset(), [])
    identities = await senders.resolve(
        work,
        [event.sender for _, event, _ in by_key.values() if not event.is_from_desk],
        accounts=accounts,
    )
    places = await resolve_places(work, [owners.place(p, e) for p, e, _ in by_key.values()])
    owner_of = await owners.find_owners(work, by_key, places, identities)
    guess = {row.home_person_id: row.root_id for row in identities.values()}
    is_whole = all(owner in guess for owner in owner_of.values())
    # Under the lock: whoever stored the same event before us has committed, so this look is
    # final for this person. The unique key still guards against the same event of another.
    found = await stored.lock_and_find(
        work, owner_of.values(), sorted(by_key), guess=guess if is_whole else None
    )
    known = found.messages
    placed = [
        _placed(by_key[key], key, places, owner_of, found.roots, identities)
        for key in by_key
        if key not in known
    ]
    placed = await _within_budget(work, placed, now)
    if not placed:
        return Stored(known, frozenset(), [])
    cases, reopened, made = await choose_cases(work, placed, found.cases, found.pinned)
    said_at = [
        await levels.of_message(work, one.event, one.identity, cases[one.key].case_id)
        for one in placed
    ]
    ids = await stored.insert_messages(
        work,
        [_row(one, cases[one.key], level, now) for one, level in zip(placed, said_at, strict=True)],
    )
    fresh = [one for one in placed if one.key in ids]
    if len(fresh) < len(placed):
        # The same event came in as somebody else's meanwhile: what was opened for it is empty.
        await stored.drop_cases(work, made - {cases[one.key].case_id for one in fresh})
    await _store_parts(work, fresh, ids, cases)
    chosen = [(ids[one.key], cases[one.key]) for one in fresh]
    await case_choices.note_choices(
        work, [(id, choice.why, choice.has_reopened) for id, choice in chosen if choice.why]
    )
    await reappearing.note(work, [(one.identity, one.root_id, one.event) for one in fresh])
    parked = await _point(work, fresh, ids, cases, reopened, made)
    await joining.tell(
        work,
        [
            (ids[one.key], one.person_id, joined)
            for one in fresh
            if (joined := cases[one.key].joined_case_id) is not None
        ],
    )
    return Stored(known | ids, frozenset(ids.values()), parked)


async def _within_budget(work: UnitOfWork, placed: list[Placed], now: datetime) -> list[Placed]:
    answers = [
        loops.Answer(one.key, one.identity.id)
        for one in placed
        if one.identity is not None and loops.is_automatic_answer(one.event)
    ]
    if not answers:
        return placed
    budget = await loops.judge(work, answers, now=now)
    return [
        one._replace(event=loops.with_notice(one.event)) if one.key in budget.last else one
        for one in placed
        if one.key not in budget.left_out
    ]


def _first_of_each(
    received: Sequence[tuple[Prepared, MessageReceived, bool]],
) -> dict[DedupKey, tuple[Prepared, MessageReceived, bool]]:
    by_key: dict[DedupKey, tuple[Prepared, MessageReceived, bool]] = {}
    for prepared, event, is_placeholder in received:
        key = (prepared.account_id, dedup_key(event.event_key))
        by_key.setdefault(key, (prepared, event, is_placeholder))
    return by_key


def _placed(
    found: tuple[Prepared, MessageReceived, bool],
    key: DedupKey,
    places: dict[PlaceKey, int],
    owner_of: dict[DedupKey, int],
    roots: dict[int, int],
    identities: dict[IdentityKey, IdentityRow],
) -> Placed:
    prepared, event, is_placeholder = found
    identity = None if event.is_from_desk else identities[senders.key_of(event.sender)]
    return Placed(
        prepared=prepared,
        event=event,
        key=key,
        place_id=places[prepared.account_id, event.place.remote],
        person_id=owner_of[key],
        root_id=roots[owner_of[key]],
        identity=identity,
        is_placeholder=is_placeholder,
    )


def _row(one: Placed, case: Choice, level: int | None, now: datetime) -> NewMessage:
    event = one.event
    warnings = [*event.warnings, *([OTHERS_THREAD] if case.is_foreign_thread else [])]
    return NewMessage(
        person_id=one.person_id,
        case_id=case.case_id,
        place_id=one.place_id,
        account_id=one.key[0],
        direction=(Direction.OUT if event.is_from_desk else Direction.IN).value,
        nature=event.nature.value,
        identity_id=None if one.identity is None else one.identity.id,
        level=level,
        warnings=to_json(warnings),
        dedup_key=one.key[1],
        state="placeholder" if one.is_placeholder else "shown",
        received_at=now,
        spans=to_column(normalised(event.text[:MAX_TEXT], event.spans)) if event.spans else None,
        **words_of(event),
    )


def words_of(event: MessageReceived) -> dict[str, Any]:
    """What its columns hold of the event itself, whichever way it is stored."""
    return {
        "author_name": event.sender.shown_as or event.sender.handle[:MAX_NAME],
        "subject": subject_of(event),
        "text": event.text[:MAX_TEXT],
        "full_text": None if event.full_text is None else event.full_text[:MAX_TEXT],
        "html": event.html,
        "language": event.sender.language,
        "context": to_json(event.context),
        "participants": to_json(event.participants),
        "sent_at": event.sent_at,
    }


async def _store_parts(
    work: UnitOfWork,
    fresh: Sequence[Placed],
    ids: dict[DedupKey, int],
    cases: dict[DedupKey, Choice],
) -> None:
    files = [
        to_attachment(ids[one.key], position, file)
        for one in fresh
        for position, file in enumerate(one.prepared.files)
    ]
    await stored.insert_attachments(work, files)
    await stored.insert_thread_keys(
        work,
        [
            (one.key[0], ref.kind, ref.key, cases[one.key].case_id, ids[one.key])
            for one in fresh
            for ref in one.event.thread_keys
        ],
    )


async def _point(
    work: UnitOfWork,
    fresh: Sequence[Placed],
    ids: dict[DedupKey, int],
    cases: dict[DedupKey, Choice],
    reopened: set[int],
    made: set[int],
) -> list[Parked]:
    """Sources, ids and facts, and the pointers of cases and conversations moved on."""
    newest: dict[int, int] = {}
    newest_inbound: dict[int, int] = {}
    newest_of_case: dict[int, int] = {}
    roots_recounted: set[int] = set()
    for one in fresh:
        message, case = ids[one.key], cases[one.key].case_id
        newest[one.root_id] = max(newest.get(one.root_id, 0), message)
        newest_of_case[case] = max(newest_of_case.get(case, 0), message)
        if wants_attention(one) and cases[one.key].joined_case_id is None:
            newest_inbound[one.root_id] = newest[one.root_id]
        work.announce(Fact.MESSAGE_CREATED, person=one.root_id, ref=message)
        if case in reopened or case in made:
            roots_recounted.add(one.root_id)
            work.announce(Fact.CASE_CHANGED, person=one.root_id, ref=case)
    parked = await insert_details(
        work,
        [
            (ids[one.key], source.media_type, source.raw, source.blob_key)
            for one in fresh
            if (source := one.prepared.source) is not None
        ],
        _refs(fresh, ids),
        Pointers(cases=newest_of_case, reopened=reopened, roots=newest, inbound=newest_inbound),
    )
    await persons.recount_open_cases(work, roots_recounted)
    return parked


def _refs(fresh: Sequence[Placed], ids: dict[DedupKey, int]) -> list[RemoteRef]:
    return [
        RemoteRef(
            account_id=one.key[0],
            remote_place=one.event.place.remote,
            remote_id=part.remote_id,
            part=part.part,
            message_id=ids[one.key],
        )
        for one in fresh
        for part in one.event.remote_parts
    ]


def to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
