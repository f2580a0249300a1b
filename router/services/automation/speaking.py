"""What a macro says to the person: word for word beforehand, and as the agent's own answer."""

import hashlib
from collections.abc import Collection, Sequence

import msgspec

from router.services.automation.actions import Tools, answer_text
from router.services.automation.own_words import Words, say_words, try_words, was_told
from router.services.automation.shapes import Macro, PreviewedWords
from router.services.automation.subjects import Subject
from router.services.automation.terms import SayCanned
from router.services.callers import Caller
from router.services.errors import Conflict, ServiceError
from router.services.viewer import viewer_of
from router.storage.unit_of_work import UnitOfWork


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
    planned: list[Words] = []
    for number, action in enumerate(macro.actions):
        if not isinstance(action, SayCanned):
            continue
        text, account_id, problem = "", None, ""
        try:
            words = await _plan(work, caller, subject, number, action)
            planned.append(words)
            text, account_id = words.text.text, words.reach.account_id
            await try_words(work, tools, caller, subject, case_id, words)
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
        await say_words(work, tools, caller, subject, case_id, words, key=key)


async def _plan(
    work: UnitOfWork, caller: Caller, subject: Subject, number: int, action: SayCanned
) -> Words:
    viewer = viewer_of(caller)
    reach, text = await answer_text(work, viewer, caller.name, subject, action.snippet_id)
    return Words(number=number, reach=reach, text=text)


async def _check_incident(
    work: UnitOfWork,
    caller: Caller,
    subject: Subject,
    incident_id: int | None,
    planned: Sequence[Words],
) -> None:
    """Raises Conflict."""
    if incident_id is None:
        return
    case = subject.case
    if case is None or case.incident_id != incident_id or case.state == "solved":
        raise Conflict("It is no unsolved case of this incident any more.", code="moved_on")
    if planned and await was_told(work, caller, subject, planned, incident_id):
        raise Conflict("They were told so already.", code="told_already")


def _mark(macro: Macro, case_id: int, planned: Sequence[Words]) -> str:
    """The same for the same actions, words and places. Pure."""
    said = [(one.number, one.reach.place_id, one.text.text, one.text.spans) for one in planned]
    whole = msgspec.json.encode((case_id, macro.actions, said))
    return hashlib.sha256(whole).hexdigest()
