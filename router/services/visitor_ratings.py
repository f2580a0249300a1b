"""What a visitor says of how they were answered, and that they are done.

Once a case is solved, its visitor has ended the chat or an agent has asked, they may rate it: one
rating a case, which they may change for a day. Fraud, KYC and legal cases are not asked about.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from core.ids import digest
from core.messages import scrub
from router.services.errors import Conflict, NotFound
from router.services.viewer import Viewer, find_conversation
from router.services.visitor_stream import bounds_of
from router.storage import case_ratings, cases, persons
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork
from router.storage.visitors import SessionRow

ASKED_FOR = timedelta(days=7)
"""After the end of a case; who comes back later has other things in mind."""
CHANGED_WITHIN = timedelta(days=1)
"""Of the first rating."""
LONGEST_COMMENT = 1000
_CLASSES = ("normal",)


class Rateable(msgspec.Struct, frozen=True, kw_only=True):
    """What may be rated now."""

    key: str
    """Names the case in this session, and nothing elsewhere."""
    rating: int | None
    """What it was rated, 5 is best; None: not yet."""
    comment: str
    until: datetime
    """When it is too late."""


async def find_rateable(database: Database, row: SessionRow) -> Rateable | None:
    """None: there is nothing to ask about."""
    async with database.reading() as work:
        found = await _newest(work, row)
        return None if found is None else _rateable(found, row, work.now())


async def rate(
    database: Database, row: SessionRow, *, key: str, rating: int, comment: str
) -> Rateable:
    """The case has this rating, and its conversation says so. The same again changes nothing.

    Raises Conflict with code `too_late` if it may not be rated, or not any more.
    """
    words = scrub(comment).strip()[:LONGEST_COMMENT]
    async with database.transaction() as work:
        found = await _lock_newest(work, row)
        may = None if found is None else _rateable(found, row, work.now())
        if found is None or may is None or may.key != key:
            raise Conflict("This can't be rated any more.", code="too_late")
        await put_rating(work, found, account_id=row.account_id, rating=rating, words=words)
        return msgspec.structs.replace(may, rating=rating, comment=words)


async def put_rating(
    work: UnitOfWork, case: Record, *, account_id: int, rating: int, words: str
) -> None:
    """For whoever holds its conversation, and knows that it may be rated."""
    if (case["rating"], case["comment"] or "") == (rating, words):
        return
    await case_ratings.put(work, case["id"], account_id=account_id, rating=rating, comment=words)
    event = "case_rated" if case["rating"] is None else "case_rating_changed"
    await _note(work, case, event, {"rating": rating, "comment": words})
    work.announce(Fact.CASE_CHANGED, person=case["root_id"], ref=case["id"])


async def ask_for_rating(database: Database, viewer: Viewer, case_id: int) -> None:
    """Its visitor is asked at once; the conversation says so.

    Raises NotFound (no case, or one that nobody is asked about), Conflict `already_rated`.
    """
    unknown = NotFound(f"There is no case {case_id} that is asked about.")
    async with database.transaction() as work:
        known = await case_ratings.find_case(work, case_id, _CLASSES)
        if known is None:
            raise unknown
        await persons.lock_root(work, known["person_id"])
        seen = await find_conversation(work, viewer, known["person_id"])
        case = await case_ratings.find_case(work, case_id, _CLASSES)
        if case is None or case_id in seen.hidden_cases:
            raise unknown
        if case["rating"] is not None:
            raise Conflict("They have rated it already.", code="already_rated")
        await _note(work, case, case_ratings.RATING_ASKED, {}, agent_id=viewer.agent_id)
        work.announce(Fact.CASE_CHANGED, person=case["root_id"], ref=case_id)


async def end_chat(database: Database, row: SessionRow) -> None:
    """The visitor is done: the conversation says so, once. The case stays as it was."""
    async with database.transaction() as work:
        found = await _lock_newest(work, row)
        if found is None or found["ended_at"] is not None or found["state"] == "solved":
            return
        await _note(work, found, case_ratings.CHAT_ENDED, {})


async def _newest(work: UnitOfWork, row: SessionRow) -> Record | None:
    bounds = await bounds_of(work, row)
    return await case_ratings.newest_case(work, bounds.places, _CLASSES)


async def _lock_newest(work: UnitOfWork, row: SessionRow) -> Record | None:
    """Nobody changes its conversation until the commit."""
    seen = await _newest(work, row)
    if seen is None or await persons.lock_root(work, seen["person_id"]) is None:
        return None
    found = await _newest(work, row)
    # Something was said meanwhile that belongs to a case of somebody else: nothing is rated.
    return found if found is not None and found["person_id"] == seen["person_id"] else None


def _rateable(found: Record, row: SessionRow, now: datetime) -> Rateable | None:
    ended = found["solved_at"] if found["state"] == "solved" else found["ended_at"]
    ended = max((one for one in (ended, found["asked_at"]) if one is not None), default=None)
    if ended is None or found["answer_id"] is None:
        return None
    rated = found["rated_at"]
    until = ended + ASKED_FOR if rated is None else rated + CHANGED_WITHIN
    if until <= now:
        return None
    return Rateable(
        key=digest(f"{row.visitor.session}/{found['id']}".encode())[:24],
        rating=found["rating"],
        comment=found["comment"] or "",
        until=until,
    )


async def _note(
    work: UnitOfWork,
    case: Record,
    event: str,
    facts: dict[str, Any],
    *,
    agent_id: int | None = None,
) -> None:
    message = await cases.insert_event(
        work,
        person_id=case["person_id"],
        case_id=case["id"],
        agent_id=agent_id,
        event=event,
        facts={"case_id": case["id"], **facts},
    )
    work.announce(Fact.MESSAGE_CREATED, person=case["root_id"], ref=message)
