"""Which case a new message joins: the one that it answers, else the newest open one, else a new."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.messages import MessageNature, MessageReceived
from router.services.inbound import joining, senders
from router.services.inbound.sources import Prepared
from router.storage import inbound as stored
from router.storage.identities import IdentityRow
from router.storage.inbound import CaseRow, DedupKey, NewCase, ThreadRef
from router.storage.unit_of_work import UnitOfWork

MAX_SUBJECT = 500


class Placed(NamedTuple):
    """One new message with everything that it is stored under."""

    prepared: Prepared
    event: MessageReceived
    key: DedupKey
    place_id: int
    person_id: int
    root_id: int
    identity: IdentityRow | None
    """None: one of us wrote it."""
    is_placeholder: bool


class Choice(NamedTuple):
    case_id: int
    is_foreign_thread: bool
    joined_case_id: int | None = None
    """Of somebody else, in which the author is a participant."""
    why: str = ""
    """Empty: it is the newest that was open, or a new one."""
    has_reopened: bool = False


async def choose_cases(
    work: UnitOfWork,
    placed: Sequence[Placed],
    newest: Mapping[int, CaseRow],
    pinned: Mapping[tuple[int, int], CaseRow],
) -> tuple[dict[DedupKey, Choice], set[int], set[int]]:
    """A case for each message; which cases a person's message opens again; which are new.

    `pinned`: into which one agents said that what somebody writes in a place belongs.
    A thread key counts only inside the sender's own conversation: an id can be guessed or copied.
    """
    refs: list[ThreadRef] = sorted(
        {(one.key[0], ref.kind, ref.key) for one in placed for ref in one.event.answers}
    )
    threads = await stored.cases_by_thread(work, refs)
    named_by = {
        one.key: [
            case
            for answer in one.event.answers
            for case in threads.get((one.key[0], answer.kind, answer.key), ())
        ]
        for one in placed
    }
    joins = await joining.find(work, _of_participants(placed, named_by))
    chosen: dict[DedupKey, Choice] = {}
    reopened: set[int] = set()
    fresh: dict[int, list[Placed]] = {}
    for one in placed:
        join = joins.by_key.get(one.key)
        if join is not None:
            chosen[one.key] = Choice(join.side_id, False, join.case_id)
            continue
        named = named_by[one.key]
        own = [case for case in named if case.root_id == one.root_id]
        pin = pinned.get((one.person_id, one.place_id))
        trivial = newest.get(one.root_id)
        case = _nearest(own) if own else pin or trivial
        if not own and case is not None and case.state == "solved" and wants_attention(one):
            case = None
        # Where several people write they answer each other, which is nothing to warn of.
        is_foreign = bool(named) and not own and not one.event.place.is_public
        if case is None:
            fresh.setdefault(one.root_id, []).append(one)
            chosen[one.key] = Choice(0, is_foreign)
            continue
        if case.state != "open" and wants_attention(one):
            reopened.add(case.id)
        is_trivial = trivial is not None and case.id == trivial.id and case.state != "solved"
        chosen[one.key] = Choice(
            case.id,
            is_foreign,
            why="" if is_trivial else "answer" if own else "corrected" if pin else "",
            has_reopened=case.state == "solved" and wants_attention(one),
        )
    openings = [
        (root, ones, "open" if any(wants_attention(one) for one in ones) else "solved")
        for root, ones in fresh.items()
    ]
    made = await stored.insert_cases(
        work,
        [
            NewCase(
                person_id=ones[0].person_id,
                subject=subject_of(ones[0].event),
                state=state,
                host_account=next(
                    (one.identity.host_account for one in ones if one.identity is not None), None
                ),
            )
            for _, ones, state in openings
        ],
    )
    for case_id, (_, ones, _) in zip(made, openings, strict=True):
        for one in ones:
            chosen[one.key] = Choice(case_id, chosen[one.key].is_foreign_thread)
    return chosen, reopened, set(made) | joins.made


def _nearest(named: Sequence[CaseRow]) -> CaseRow:
    """The surest of them; but where the message that is answered was moved, where that is now."""
    answered = next((case for case in named if case.is_of_message), None)
    return answered if answered is not None and answered.was_moved else named[0]


def _of_participants(
    placed: Sequence[Placed], named_by: Mapping[DedupKey, Sequence[CaseRow]]
) -> list[joining.Answer]:
    """What somebody wrote into threads that are all of others.

    Whoever is not proven has a key in a realm of claims, under which nobody is named.
    """
    return [
        joining.Answer(
            one.key,
            senders.key_of(one.event.sender),
            one.person_id,
            one.root_id,
            subject_of(one.event),
            [case.id for case in named],
        )
        for one in placed
        if (named := named_by[one.key])
        and wants_attention(one)
        and all(case.root_id != one.root_id for case in named)
    ]


def wants_attention(one: Placed) -> bool:
    """Automatic mail opens no case and is never unread; nor does what we said, or a link code."""
    is_answered = one.event.is_from_desk or one.event.link_code is not None
    return one.event.nature is MessageNature.HUMAN and not is_answered


def subject_of(event: MessageReceived) -> str:
    return event.subject[:MAX_SUBJECT]
