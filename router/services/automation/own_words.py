"""Words that go out as an agent's own answer: tried beforehand, heard before, and said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.rich_text_cuts import RichText
from router.services.automation.actions import Tools
from router.services.automation.subjects import Subject
from router.services.callers import Caller
from router.services.outbound.foreseeing import check_answer
from router.services.outbound.formatting import checked
from router.services.outbound.replies import Reply, reply_within
from router.services.outbound.writing import Author
from router.services.viewer import viewer_of
from router.storage import incidents
from router.storage.replies import Reach
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One of the things said, as it would stand there."""

    number: int
    """Which of all that is said or done it is."""
    reach: Reach
    text: RichText


async def try_words(
    work: UnitOfWork, tools: Tools, caller: Caller, subject: Subject, case_id: int, words: Words
) -> None:
    """Nothing is written. Raises ServiceError, as saying it would."""
    await check_answer(
        work,
        tools.voice,
        _author(caller),
        words.reach,
        words.text,
        root_id=subject.person.root_id,
        case_id=case_id,
    )


async def was_told(
    work: UnitOfWork, caller: Caller, subject: Subject, planned: Sequence[Words], incident_id: int
) -> bool:
    """Whether the person heard some of it in this incident before."""
    texts = [checked(one.text.text, one.text.spans).text for one in planned]
    sight = viewer_of(caller).sight
    return await incidents.was_told(work, subject.person.root_id, incident_id, texts, sight)


async def say_words(
    work: UnitOfWork,
    tools: Tools,
    caller: Caller,
    subject: Subject,
    case_id: int,
    words: Words,
    *,
    key: str,
    hold: timedelta = timedelta(0),
) -> int:
    """Written to where they were made for, once for each key; the message. Raises ServiceError."""
    written = await reply_within(
        work,
        tools.voice.keyring,
        tools.voice.capabilities_of,
        _author(caller),
        Reply(
            person_id=subject.person.root_id,
            client_key=f"{key}/{words.number}",
            text=words.text.text,
            spans=words.text.spans,
            place_id=words.reach.place_id,
            case_id=case_id,
            hold=hold,
        ),
        wire_of=tools.voice.wire_of,
    )
    return written.message_id


def _author(caller: Caller) -> Author:
    return Author(agent_id=caller.agent_id, name=caller.name, sight=Sight(caller.access_classes))
