"""Step-ups: somebody is asked to prove at the host that it is them, afresh, for one case.

An agent asks; the line that goes into the person's thread leads to the host's own address and to
nowhere else, with a token of 256 bits that we keep as a hash. Whoever has it can do nothing with
it here: the host takes it from who is signed in there, and tells us whose it was.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from core.ids import hash_token, new_token
from core.people import Level, is_claimed
from router.services import audit
from router.services.callers import Caller
from router.services.errors import Conflict, NotFound, Refused
from router.services.outbound import automatic
from router.services.outbound.automatic import Unsaid, Voice, Words
from router.services.outbound.automatic_texts import Line
from router.services.refused import note_refusal
from router.services.shown.step_ups import StepUp, to_step_up
from router.services.viewer import Viewer, viewer_of
from router.storage import cases, persons, replies, topics
from router.storage import step_ups as stored
from router.storage.engine import Database
from router.storage.replies import Reach
from router.storage.step_ups import NewStepUp, StepUpRow
from router.storage.unit_of_work import Fact, UnitOfWork

LINK_LIVES = timedelta(minutes=15)
GRANTED_FOR = timedelta(minutes=15)
_PARAMETER = "step_up"
ASKED = "step_up_asked"
CONFIRMED = "step_up_confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    case_id: int
    identity_id: int
    topic_id: int | None = None
    """The reply topic that it is for; None: the case as a whole."""
    place_id: int | None = None
    """In which thread; None: where this identity wrote last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What the host gets to know."""

    step_up_id: int
    granted_until: str
    """RFC 3339."""


class StepUpUnknown(NotFound):
    """There is none for this account: never asked for, used, over, or somebody else's."""

    def __init__(self) -> None:
        super().__init__("There is no such step-up.")


async def ask(
    database: Database, voice: Voice, step_up_url: str | None, caller: Caller, wanted: Ask
) -> StepUp:
    """Write the line into their thread, and wait for the host.

    One asked for before in this case, of this identity and not confirmed, is over. Raises NotFound
    (case, topic), Conflict `not_set_up`, `no_step_up` (with the reason: not linked, shared, others
    read along, linked to another account than the case is about) and `unsaid`.
    """
    async with database.transaction() as work:
        return await ask_within(
            work, voice, step_up_url, viewer_of(caller), wanted, actor=caller.actor
        )


async def ask_within(
    work: UnitOfWork,
    voice: Voice,
    step_up_url: str | None,
    viewer: Viewer,
    wanted: Ask,
    *,
    actor: str,
) -> StepUp:
    """The same as part of a transaction."""
    if step_up_url is None:
        raise Conflict("The setting host.step_up_url is missing.", code="not_set_up")
    person = await cases.person_of_case(work, wanted.case_id)
    root = None if person is None else await persons.lock_root(work, person)
    if root is None:
        raise _no_case(wanted.case_id)
    case = await replies.find_case(work, root, wanted.case_id, viewer.sight)
    if case is None:
        raise _no_case(wanted.case_id)
    topic = wanted.topic_id
    if topic is not None and await topics.find_topic(work, topic) is None:
        raise NotFound(f"There is no topic {topic}.")
    reach = await replies.find_reach(work, root, wanted.place_id, wanted.identity_id, viewer.sight)
    account = await _check(work, reach, wanted.case_id)
    assert reach is not None
    await stored.end_asked(work, identity_id=wanted.identity_id, case_id=wanted.case_id)
    token = new_token()
    step_up = await stored.insert(
        work,
        NewStepUp(
            token_hash=hash_token(token),
            identity_id=wanted.identity_id,
            case_id=wanted.case_id,
            topic_id=wanted.topic_id,
            host_account=account,
            agent_id=viewer.agent_id,
            expires_at=work.now() + LINK_LIVES,
        ),
    )
    said = await automatic.say(
        work,
        voice,
        Words(
            root_id=root,
            reach=reach,
            line=Line.STEP_UP,
            key=f"step_up/{step_up}",
            facts={"minutes": str(LINK_LIVES // timedelta(minutes=1))},
            hidden={"url": link(step_up_url, token)},
            case_id=wanted.case_id,
        ),
    )
    if isinstance(said, Unsaid):
        raise Conflict("It cannot be said there now.", code="unsaid", reason=said.value)
    await stored.note_message(work, step_up, said)
    row = await stored.load(work, step_up)
    await _note(work, row, ASKED, agent_id=viewer.agent_id)
    await audit.record(
        work,
        actor,
        "step_up.asked",
        f"step_ups/{step_up}",
        {"case": wanted.case_id, "identity": wanted.identity_id},
    )
    return to_step_up(row, work.now())


async def confirm(database: Database, token: str, host_account: str, *, actor: str) -> Confirmed:
    """The host says that this account's owner has just proven that it is them.

    Level 3 for its time, for the identity, case and topic that it was asked for. Raises
    StepUpUnknown alike for what was never asked for, was used, is over, is of another account, or
    whose identity is not that account's or not of the case's person any more.
    """
    async with database.transaction() as work:
        row = await stored.find_by_token(work, hash_token(token))
        if row is not None:
            await persons.lock_roots(work, [row.case_person_id])
            row = await stored.load(work, row.id)
        reason = _why_not(row, host_account, work)
        until = work.now() + GRANTED_FOR
        if reason is None and row is not None and await stored.grant(work, row.id, until=until):
            row = await stored.load(work, row.id)
            await _note(work, row, CONFIRMED, agent_id=None)
            work.announce(Fact.PERSON_CHANGED, person=row.case_root_id, ref=row.case_root_id)
            await audit.record(
                work,
                actor,
                "step_up.confirmed",
                f"step_ups/{row.id}",
                {"case": row.case_id, "identity": row.identity_id},
            )
            return Confirmed(step_up_id=row.id, granted_until=until.isoformat())
    subject = "step_ups" if row is None else f"step_ups/{row.id}"
    await note_refusal(
        database, what="step_up", reason=reason or "over", subject=subject, actor=actor
    )
    raise StepUpUnknown


def link(step_up_url: str, token: str) -> str:
    """The host's page with the token. The address is ops' own setting and nothing else's."""
    glue = "&" if "?" in step_up_url else "?"
    return f"{step_up_url}{glue}{_PARAMETER}={quote(token, safe='')}"


def _why_not(row: StepUpRow | None, host_account: str, work: UnitOfWork) -> str | None:
    """For our own log and count; the caller hears the same of all."""
    if row is None:
        return "unknown"
    if row.host_account != host_account:
        return "other_account"
    if row.identity_account != row.host_account or row.identity_level < Level.LINKED:
        return "unlinked"
    if row.is_shared:
        return "shared"
    if row.identity_root_id != row.case_root_id:
        return "split"
    if row.confirmed_at is not None:
        return "used"
    if row.ended_at is not None or row.expires_at <= work.now():
        return "over"
    return None


async def _check(work: UnitOfWork, reach: Reach | None, case_id: int) -> str:
    """The host account that must confirm. Raises Refused, Conflict `no_step_up`."""
    if reach is None:
        raise Refused("Nobody of this conversation has written there.", field="identity_id")
    proven = await stored.find_proven(work, reach.identity_id, case_id)
    if is_claimed(reach.realm) or proven.host_account is None or proven.level < Level.LINKED:
        raise _impossible("not_linked", "It is not linked to an account at the host.")
    if proven.is_shared:
        raise _impossible("shared", "Several people use this address.")
    if proven.case_account not in (None, proven.host_account):
        raise _impossible(
            "other_account", "It is linked to another account than the case is about."
        )
    return proven.host_account


def _impossible(reason: str, sentence: str) -> Conflict:
    return Conflict(sentence, code="no_step_up", reason=reason)


async def _note(work: UnitOfWork, row: StepUpRow, event: str, *, agent_id: int | None) -> None:
    """A line in the timeline, and the case as it is now."""
    line = await cases.insert_event(
        work,
        person_id=row.case_person_id,
        case_id=row.case_id,
        agent_id=agent_id,
        event=event,
        facts={
            "case_id": row.case_id,
            "step_up_id": row.id,
            "identity_id": row.identity_id,
            "topic_name": row.topic_name,
        },
    )
    work.announce(Fact.MESSAGE_CREATED, person=row.case_root_id, ref=line)
    work.announce(Fact.CASE_CHANGED, person=row.case_root_id, ref=row.case_id)


def _no_case(case_id: int) -> NotFound:
    return NotFound(f"There is no case {case_id}.")
