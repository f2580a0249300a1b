"""A rating by one click in a letter, for somebody who has left the chat when their case is solved.

The letter goes once for each case, by the same way and to the same proven address as answers that
stay unread. Its links only show what they would say: programs look at the links of mails before
people do. A button says it.
"""

from datetime import timedelta

from core.connector import LocalConnector
from core.errors import PermanentError
from core.messages import scrub
from router.services.continuations import Target
from router.services.errors import Conflict, NotFound
from router.services.keyring import Keyring
from router.services.outbound import leveling, queue_parts, reply_token
from router.services.outbound.addressed import REPLY_TOKEN
from router.services.outbound.automatic import DOTS
from router.services.outbound.parts import plan_parts
from router.services.visitor_ratings import (
    ASKED_FOR,
    CHANGED_WITHIN,
    LONGEST_COMMENT,
    put_rating,
)
from router.storage import case_ratings, continuations, persons, rating_letters
from router.storage.engine import Database
from router.storage.inbound import insert_thread_keys
from router.storage.places import NewPlace, resolve_places
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork

PATH = "/rate"
_PURPOSE = "rate-case"
LONGEST_LATE = timedelta(hours=12)
"""What was solved longer ago is not asked about any more, as when it is switched on."""
BATCH = 50
RATED_CLASSES = ("normal",)
"""Fraud, KYC and legal cases are not asked about."""


def address_of(keyring: Keyring, web_url: str, case_id: int) -> str:
    """Where this case is rated; what follows it is the rating. The same for ever."""
    return f"{web_url}{PATH}/{case_id}.{keyring.sign(_PURPOSE, str(case_id))}?rating="


def case_of(keyring: Keyring, token: str) -> int:
    """Which case the last part of an address rates. Raises NotFound."""
    number, _, tag = token.partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) < 19) or not keyring.is_signed(
        _PURPOSE, number, tag
    ):
        raise NotFound("There is no such address.")
    return int(number)


async def ask_account(
    database: Database,
    keyring: Keyring,
    account_id: int,
    connector: LocalConnector,
    target: Target,
    web_url: str,
) -> int:
    """Queue one letter for each case that is due; how many. Twice at once is once."""
    continuation = connector.continuation
    if not connector.asks_rating or continuation is None:
        return 0
    until = database.clock.now() - continuation.after
    async with database.reading() as work:
        due = await rating_letters.unasked(
            work,
            account_id,
            since=until - LONGEST_LATE,
            until=until,
            limit=BATCH,
            realm=target.realm,
        )
    asked = 0
    for one in due:
        async with database.transaction() as work:
            root = await persons.lock_root(work, one["person_id"])
            # Read again under the lock: it may have been rated, or asked about, meanwhile.
            now = await rating_letters.unasked(
                work,
                account_id,
                since=until - LONGEST_LATE,
                until=until,
                limit=1,
                realm=target.realm,
                case_id=one["id"],
            )
            if root is not None and now:
                asked += await _ask(work, keyring, connector, target, web_url, root, now[0])
    return asked


async def _ask(
    work: UnitOfWork,
    keyring: Keyring,
    connector: LocalConnector,
    target: Target,
    web_url: str,
    root: int,
    case: Record,
) -> bool:
    address = await continuations.find_address(work, case["place_id"], root, target.realm)
    if address is None:
        return False
    refusal = await leveling.find_refusal(
        work,
        message_id=case["answer_id"],
        identity_id=address.identity_id,
        channel=target.channel,
    )
    if refusal is not None:
        return False
    try:
        place, _ = target.to_recipient(address.handle)
    except PermanentError:
        return False
    stop_url = target.to_stop_url(address.identity_id)
    letter, record = (
        connector.to_rating_request(url, language=address.language, stop_url=stop_url)
        for url in (address_of(keyring, web_url, case["id"]), f"{DOTS} ")
    )
    key = (target.account_id, place.remote)
    places = await resolve_places(
        work, [NewPlace(key=key, kind=place.kind.value, title=place.title, parent=place.parent)]
    )
    message = await rating_letters.insert_request(
        work,
        case,
        person_id=address.home_person_id,
        place_id=places[key],
        account_id=target.account_id,
        subject=letter.subject if target.capabilities.subject else "",
        # Whoever has the address rates: it is the person's, not ours.
        text=record.text,
        # A mail program presses the button over https only (RFC 8058, 3.1).
        stop_url=stop_url if stop_url.startswith("https:") else "",
    )
    await queue_parts(
        work,
        plan_parts(letter.text, target.capabilities),
        message_id=message,
        person_id=address.home_person_id,
        account_id=target.account_id,
        place_id=places[key],
        identity_id=address.identity_id,
    )
    if target.capabilities.threads:
        token = reply_token(keyring, case["id"])
        keys = [(target.account_id, REPLY_TOKEN, token, case["id"], None)]
        await insert_thread_keys(work, keys)
    await persons.bump(work, {root: message}, {})
    work.announce(Fact.MESSAGE_CREATED, person=root, ref=message)
    return True


async def may_rate(database: Database, case_id: int) -> Record | None:
    """The case with its rating; None: it can't be rated, or not any more."""
    async with database.reading() as work:
        found = await _rateable(work, case_id)
        return None if found is None else found[0]


async def rate(database: Database, case_id: int, *, rating: int, comment: str) -> None:
    """The case has this rating, and its conversation says so. The same again changes nothing.

    Raises Conflict with code `too_late` if it may not be rated, or not any more.
    """
    words = scrub(comment).strip()[:LONGEST_COMMENT]
    async with database.transaction() as work:
        seen = await case_ratings.find_case(work, case_id, RATED_CLASSES)
        if seen is not None and await persons.lock_root(work, seen["person_id"]) is not None:
            found = await _rateable(work, case_id)
            if found is not None:
                case, account = found
                await put_rating(
                    work,
                    case,
                    account_id=account,
                    rating=rating,
                    # Their form has nothing of what they said before.
                    words=words or case["comment"] or "",
                )
                return
    raise Conflict("This can't be rated any more.", code="too_late")


async def _rateable(work: UnitOfWork, case_id: int) -> tuple[Record, int] | None:
    """The case, and the account of the letter that asks for it: erasing somebody ends that."""
    case = await case_ratings.find_case(work, case_id, RATED_CLASSES)
    if case is None or not _is_open(case, work):
        return None
    account = await rating_letters.account_of(work, case_id)
    return None if account is None else (case, account)


def _is_open(found: Record, work: UnitOfWork) -> bool:
    if found["state"] != "solved" or found["solved_at"] is None:
        return False
    if found["rated_at"] is not None:
        return bool(found["rated_at"] + CHANGED_WITHIN > work.now())
    return bool(found["solved_at"] + ASKED_FOR > work.now())
