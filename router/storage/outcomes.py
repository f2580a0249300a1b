"""Outcomes of attempts: written for many deliveries of many accounts in one transaction.

Only whoever holds the claim may write: a late owner's outcome matches no row.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from core.delivery import DeliveryState, Transition, merge_receipt
from core.errors import OutcomeUnknown
from core.ids import RemotePlace
from core.messages import Sent, scrub
from router.storage import account_rows, ladder, places, remote_refs
from router.storage.deliveries import MAY_HAVE_ARRIVED, WITHDRAWN_CODES
from router.storage.inbound import insert_thread_keys
from router.storage.remote_refs import RemoteRef
from router.storage.unit_of_work import Fact, UnitOfWork


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """How one attempt ended."""

    delivery_id: int
    attempt: int
    fence: int
    transition: Transition
    outcome: str
    """`sent` or the error's code, for the attempt's row."""
    sent: Sent | None = None


class Reported(msgspec.Struct, frozen=True):
    """A receipt that overtook the outcome."""

    state: DeliveryState
    reason: str = ""
    code: str = ""
    is_certain: bool = False
    """Of a failure: nobody has got it."""


class _Held(NamedTuple):
    """A delivery whose claim is still ours."""

    id: int
    root_id: int
    account_id: int
    place_id: int
    identity_id: int | None
    message_id: int
    case_id: int | None
    part: int
    remote_place: str
    copy_to: str
    code: str
    reason: str
    doubt: str | None
    """Why a former attempt is unknown; None: none is."""
    reported: Reported | None


class _Result(NamedTuple):
    held: _Held
    done: Finished
    transition: Transition


_report_decoder = msgspec.json.Decoder(Reported)


async def finish(work: UnitOfWork, done: Sequence[Finished]) -> frozenset[int]:
    """Record what became of attempts; the deliveries whose claim was lost, of which nothing is.

    A state, its attempt's row and the ids that the network gave are written together. A broken
    account is paused, an identity or a place that is gone marked. A receipt that came during the
    attempt is merged in. What certainly did not arrive is due for the ladder. Rows are locked in
    the order of their ids, identities before deliveries, as the path in does.
    """
    if not done:
        return frozenset()
    await _mark_gone(work, done)
    held = await _hold(work, done)
    results = [
        _Result(held[one.delivery_id], one, _merged(one.transition, held[one.delivery_id]))
        for one in done
        if one.delivery_id in held
    ]
    if results:
        await _write(work, results)
        await _keep_ids(work, [one for one in results if one.done.sent is not None])
        await _pause_accounts(work, results)
        await _close_places(work, results)
        await ladder.fall(work, [one.held.id for one in results if _is_missed(one)])
    for one in results:
        work.announce(Fact.DELIVERY_CHANGED, person=one.held.root_id, ref=one.held.id)
    return frozenset(one.delivery_id for one in done) - held.keys()


def _is_missed(one: _Result) -> bool:
    """Whether it certainly did not arrive because of where it went, not of what it said."""
    if one.transition.state is not DeliveryState.FAILED:
        return False
    reported = one.held.reported
    return (
        one.transition.identity_is_gone
        or one.transition.place_is_gone
        or (reported is not None and reported.is_certain)
    )


def _merged(transition: Transition, held: _Held) -> Transition:
    """With what the network said meanwhile; and what was withdrawn meanwhile is not tried again."""
    told = _told(transition, held.reported)
    if told.state is DeliveryState.FAILED:
        # A failure that the network reports is of the message; a refusal is of this attempt alone.
        was_reported = held.reported is not None and held.reported.state is DeliveryState.FAILED
        return told if held.doubt is None or was_reported else _in_doubt(told, held.doubt)
    if told.state is DeliveryState.QUEUED and held.code in WITHDRAWN_CODES:
        doubt = told.reason if told.code == OutcomeUnknown.code else held.doubt
        if doubt is not None:
            return _in_doubt(told, doubt)
        return msgspec.structs.replace(
            told, state=DeliveryState.CANCELLED, due_at=None, reason=held.reason, code=held.code
        )
    return told


def _in_doubt(told: Transition, doubt: str) -> Transition:
    """Nobody may say that it did not arrive; sent again, it keeps its key."""
    return msgspec.structs.replace(
        told, state=DeliveryState.UNKNOWN, due_at=None, reason=doubt, code=OutcomeUnknown.code
    )


def _told(transition: Transition, reported: Reported | None) -> Transition:
    """What the network said meanwhile counts more than that we wait or do not know."""
    if reported is None:
        return transition
    base = transition.state
    if base is DeliveryState.QUEUED:
        if reported.state is DeliveryState.FAILED:
            return transition
        base = DeliveryState.UNKNOWN
    state = merge_receipt(base, reported.state)
    if state is transition.state:
        return transition
    return msgspec.structs.replace(
        transition, state=state, due_at=None, reason=reported.reason, code=reported.code
    )


async def _mark_gone(work: UnitOfWork, done: Sequence[Finished]) -> None:
    gone = [one for one in done if one.transition.identity_is_gone]
    if not gone:
        return
    rows = await work.driver.fetch(
        """
        with gone as (
            select i.id, max(u.reason) as reason, max(u.because) as because
            from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])
                u(id, claim, reason, because)
            join deliveries d on d.id = u.id and d.claim = u.claim and d.state = 'sending'
                and d.copy_to = ''
            join identities i on i.id = d.identity_id
            group by i.id order by i.id
        )
        update identities i set is_reachable = false, unreachable_reason = g.reason,
            unreachable_code = g.because, unreachable_at = $5
        from gone g, persons p where i.id = g.id and i.is_reachable and p.id = i.home_person_id
        returning p.root_id
        """,
        [one.delivery_id for one in gone],
        [one.fence for one in gone],
        [scrub(one.transition.reason) for one in gone],
        [one.transition.gone_because.value for one in gone],
        work.now(),
    )
    for row in rows:
        work.announce(Fact.PERSON_CHANGED, person=row["root_id"], ref=row["root_id"])


async def _hold(work: UnitOfWork, done: Sequence[Finished]) -> dict[int, _Held]:
    rows = await work.driver.fetch(
        f"""
        select d.id, p.root_id, d.account_id, d.place_id, d.identity_id, d.message_id, m.case_id,
            d.part, l.remote_place, d.copy_to, d.code, d.reason,
            case when d.attempt > 1 then {MAY_HAVE_ARRIVED} end as doubt,
            d.reported::text
        from unnest($1::bigint[], $2::bigint[], $3::int[]) u(id, claim, attempt)
        join deliveries d on d.id = u.id
        join persons p on p.id = d.person_id
        join messages m on m.id = d.message_id
        join places l on l.id = d.place_id
        where d.claim = u.claim and d.attempt = u.attempt and d.state = 'sending'
        order by d.id for update of d
        """,
        [one.delivery_id for one in done],
        [one.fence for one in done],
        [one.attempt for one in done],
    )
    held = {}
    for row in rows:
        reported = None if row["reported"] is None else _report_decoder.decode(row["reported"])
        held[row["id"]] = _Held(*row.values())._replace(reported=reported)
    return held


async def _write(work: UnitOfWork, results: Sequence[_Result]) -> None:
    now = work.now()
    await work.driver.execute(
        """
        with changed as (
            update deliveries d set state = u.state, due_at = coalesce(u.due_at, d.due_at),
                state_at = $8, reason = u.reason, code = u.code, claim = null, reported = null,
                attempt = d.attempt - (not u.uses_attempt)::int
            from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::text[],
                $6::boolean[]) u(id, state, due_at, reason, code, uses_attempt)
            where d.id = u.id
        )
        update delivery_attempts a
        set finished_at = $8, outcome = u.outcome, reason = u.reason
        from unnest($1::bigint[], $9::int[], $7::text[], $4::text[]) u(id, attempt, outcome, reason)
        where a.delivery_id = u.id and a.attempt = u.attempt
        """,
        [one.held.id for one in results],
        [one.transition.state.value for one in results],
        [one.transition.due_at for one in results],
        [scrub(one.transition.reason) for one in results],
        [scrub(one.transition.code) for one in results],
        [one.transition.uses_attempt for one in results],
        [one.done.outcome for one in results],
        now,
        [one.done.attempt for one in results],
    )


async def _keep_ids(work: UnitOfWork, sent: Sequence[_Result]) -> None:
    """Network ids lead receipts, edits and replies back to this message and its case."""
    refs, keys = [], []
    for one in sent:
        answer, held = one.done.sent, one.held
        assert answer is not None
        place = held.remote_place if answer.remote_place is None else answer.remote_place
        if held.copy_to:
            # Whoever tells of it later names them, and not the person's place.
            place = held.copy_to
        elif place != held.remote_place:
            await _move_place(work, held, place)
        refs += [
            RemoteRef(
                account_id=held.account_id,
                remote_place=scrub(place),
                remote_id=scrub(part.remote_id),
                part=held.part,
                message_id=held.message_id,
            )
            for part in answer.remote_parts
        ]
        if held.case_id is not None:
            keys += [
                (held.account_id, scrub(ref.kind), scrub(ref.key), held.case_id, held.message_id)
                for ref in answer.thread_keys
            ]
    await remote_refs.insert_refs(work, refs)
    await insert_thread_keys(work, keys)


async def _move_place(work: UnitOfWork, held: _Held, remote: RemotePlace | str) -> None:
    """Sending opened the place, or the network moved it: it is known by its new name from now on.

    If that name is another place of ours already, both stay as they are.
    """
    await places.rekey(work, held.account_id, held.remote_place, scrub(remote))


async def _pause_accounts(work: UnitOfWork, results: Sequence[_Result]) -> None:
    broken = {
        one.held.account_id: one.transition for one in results if one.transition.pauses_account
    }
    for account_id in sorted(broken):
        said = broken[account_id]
        await account_rows.pause(work, account_id, reason=scrub(said.reason), code=scrub(said.code))


async def _close_places(work: UnitOfWork, results: Sequence[_Result]) -> None:
    """Nobody is written to there any more, until somebody is heard there."""
    for one in sorted(results, key=lambda one: one.held.place_id):
        if one.transition.place_is_gone and not one.held.copy_to:
            reason = scrub(one.transition.reason)
            if await places.close(work, one.held.place_id, reason):
                root = one.held.root_id
                work.announce(Fact.PERSON_CHANGED, person=root, ref=root)
