"""Participants of a case who answer: the case hears of it, their words stay theirs.

Somebody whom we copied in, whom the person wrote to as well, or to whom a message was passed on,
answers. The message belongs to its author's conversation, as every message does: there it stands
in a case that is their side of the other one. The case itself gets an event line that leads to it,
and is open and unread again. So nobody's words are shown as the person's, nothing that an answer
is sent to is derived from them, and a participant sees of the case what they were sent.
"""

from collections.abc import Sequence
from typing import NamedTuple

from core.people import IdentityKey
from router.services import case_classes
from router.storage import case_history, cases, joins, persons
from router.storage.case_history import Cause
from router.storage.inbound import DedupKey
from router.storage.inbound_details import Pointers, insert_details
from router.storage.joins import PARTICIPANT_WROTE, NewSide
from router.storage.unit_of_work import Fact, UnitOfWork


class Answer(NamedTuple):
    """A proven message whose threads are all of others' cases, the nearest first."""

    key: DedupKey
    author: IdentityKey
    person_id: int
    root_id: int
    subject: str
    case_ids: Sequence[int]


class Join(NamedTuple):
    side_id: int
    """The case of the author's own conversation in which the message stands."""
    case_id: int
    """The one that hears of it."""


class Joins(NamedTuple):
    by_key: dict[DedupKey, Join]
    made: set[int]
    """Sides that were opened for them."""


async def find(work: UnitOfWork, answers: Sequence[Answer]) -> Joins:
    """Those that come from a participant of a case which they answer. Under the authors' locks."""
    if not answers:
        return Joins({}, set())
    named = await joins.named_in(
        work, {_named(case, one) for one in answers for case in one.case_ids}
    )
    chosen = [
        (one, case)
        for one in answers
        if (case := next((c for c in one.case_ids if _named(c, one) in named), None)) is not None
    ]
    if not chosen:
        return Joins({}, set())
    sides = await joins.find_sides(
        work, {one.root_id for one, _ in chosen}, {case for _, case in chosen}
    )
    missing = {
        (one.root_id, case): NewSide(
            person_id=one.person_id, subject=one.subject, joined_case_id=case
        )
        for one, case in reversed(chosen)
        if (one.root_id, case) not in sides
    }
    made = await joins.insert_sides(work, list(missing.values()))
    await case_history.note(work, made, Cause.OPENED)
    sides |= dict(zip(missing, made, strict=True))
    return Joins({one.key: Join(sides[one.root_id, case], case) for one, case in chosen}, set(made))


async def tell(work: UnitOfWork, heard: Sequence[tuple[int, int, int]]) -> None:
    """Write (message, its author's person, case that it joins) into these cases.

    Locks their conversations after the authors', out of order: a deadlock ends as Collision.
    """
    if not heard:
        return
    wanted = {case for _, _, case in heard}
    found = await joins.load_joined(work, wanted)
    await persons.lock_roots(work, [one.person_id for one in found])
    # Under their lock: one may have been merged since its participant's answer was matched with it.
    told = {one.joined_id: one for one in await joins.load_joined(work, wanted)}
    newest: dict[int, int] = {}
    roots: dict[int, int] = {}
    for message, author, joined_id in sorted(heard):
        case = told[joined_id]
        line = await cases.insert_event(
            work,
            person_id=case.person_id,
            case_id=case.id,
            agent_id=None,
            event=PARTICIPANT_WROTE,
            facts={"case_id": case.id, "message_id": message, "person_id": author},
        )
        newest[case.id] = roots[case.root_id] = line
        work.announce(Fact.MESSAGE_CREATED, person=case.root_id, ref=line)
    reopened = {one.id: one.root_id for one in told.values() if one.state != "open"}
    for case_id, root in sorted(reopened.items()):
        work.announce(Fact.CASE_CHANGED, person=root, ref=case_id)
    await insert_details(
        work, [], [], Pointers(cases=newest, reopened=set(reopened), roots=roots, inbound=roots)
    )
    await persons.recount_open_cases(work, set(reopened.values()))
    await case_classes.spread_to_sides(work, [message for message, _, _ in heard])


def _named(case_id: int, one: Answer) -> joins.Named:
    return (case_id, one.author.realm, one.author.handle)
