"""What a macro says to the person: word for word beforehand, and as the agent's own answer."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec

from core.rich_text_cuts import RichText
from router.services.automation.actions import Tools, answer_text
from router.services.automation.shapes import Macro, PreviewedWords
from router.services.automation.subjects import Subject
from router.services.automation.terms import SayCanned
from router.services.callers import Caller
from router.services.errors import Conflict, ServiceError
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
class _Words:
    number: int
    """Which of the macro's actions says it."""
    reach: Reach
    text: RichText


async def preview_words(
    work: UnitOfWork,
    tools: Tools,
    caller: Caller,
    macro: Macro,
    subject: Subject,
    case_id: int,
    incident_id: int | None,
) -> tuple[tuple[PreviewedWords, ...], str]:
    """As each would stand there, and where, or why it cannot be said; and the mark of all that."""
    shown: list[PreviewedWords] = []
    planned: list[_Words] = []
    for number, action in enumerate(macro.actions):
        if not isinstance(action, SayCanned):
            continue
        text, account_id, problem = "", None, ""
        try:
            words = await _plan(work, caller, subject, number, action)
            planned.append(words)
            text, account_id = words.text.text, words.reach.account_id
            await check_answer(
                work,
                tools.voice,
                _author(caller),
                words.reach,
                words.text,
                root_id=subject.person.root_id,
                case_id=case_id,
            )
            await _check_incident(work, caller, subject, incident_id, [words])
        except ServiceError as error:
            problem = str(error)
        shown.append(PreviewedWords(text=text, account_id=account_id, problem=problem))
    return tuple(shown), _mark(macro, case_id, planned)


async def say(
    work: UnitOfWork,
    tools: Tools,
    caller: Caller,
    macro: Macro,
    subject: Subject,
    *,
    case_id: int,
    key: str,
    marks: Collection[str] | None,
    incident_id: int | None,
) -> None:
    """Canned replies go out as the agent's own, each to the place that its words were made for.

    Raises Conflict `moved_on` as well: what it does or says has none of these marks; and that or
    `told_already` if it is no unsolved case of this incident, or heard some of it in that before.
    """
    planned = [
        await _plan(work, caller, subject, number, action)
        for number, action in enumerate(macro.actions)
        if isinstance(action, SayCanned)
    ]
    if marks is not None and _mark(macro, case_id, planned) not in marks:
        raise Conflict("It would say something else by now, or elsewhere.", code="moved_on")
    await _check_incident(work, caller, subject, incident_id, planned)
    for words in planned:
        await reply_within(
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
            ),
            wire_of=tools.voice.wire_of,
        )


async def _plan(
    work: UnitOfWork, caller: Caller, subject: Subject, number: int, action: SayCanned
) -> _Words:
    viewer = viewer_of(caller)
    reach, text = await answer_text(work, viewer, caller.name, subject, action.snippet_id)
    return _Words(number=number, reach=reach, text=text)


async def _check_incident(
    work: UnitOfWork,
    caller: Caller,
    subject: Subject,
    incident_id: int | None,
    planned: Sequence[_Words],
) -> None:
    """Raises Conflict."""
    if incident_id is None:
        return
    case = subject.case
    if case is None or case.incident_id != incident_id or case.state == "solved":
        raise Conflict("It is no unsolved case of this incident any more.", code="moved_on")
    texts = [checked(one.text.text, one.text.spans).text for one in planned]
    sight = viewer_of(caller).sight
    if texts and await incidents.was_told(work, subject.person.root_id, incident_id, texts, sight):
        raise Conflict("They were told so already.", code="told_already")


def _mark(macro: Macro, case_id: int, planned: Sequence[_Words]) -> str:
    """The same for the same actions, words and places. Pure."""
    said = [(one.number, one.reach.place_id, one.text.text, one.text.spans) for one in planned]
    whole = msgspec.json.encode((case_id, macro.actions, said))
    return hashlib.sha256(whole).hexdigest()


def _author(caller: Caller) -> Author:
    return Author(agent_id=caller.agent_id, name=caller.name, sight=Sight(caller.access_classes))
