"""What a macro says to the person: word for word beforehand, and as the agent's own answer."""

from router.services.automation.actions import Tools, answer_text
from router.services.automation.shapes import Macro, PreviewedWords
from router.services.automation.subjects import Subject
from router.services.automation.terms import SayCanned
from router.services.callers import Caller
from router.services.errors import ServiceError
from router.services.outbound.foreseeing import check_answer
from router.services.outbound.replies import Reply, reply_within
from router.services.outbound.writing import Author
from router.services.viewer import viewer_of
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork


async def preview_words(
    work: UnitOfWork, tools: Tools, caller: Caller, macro: Macro, subject: Subject, case_id: int
) -> tuple[PreviewedWords, ...]:
    """As each would stand there, and where; or why it cannot be said."""
    words = []
    for action in macro.actions:
        if not isinstance(action, SayCanned):
            continue
        text, account_id, problem = "", None, ""
        try:
            reach, said = await answer_text(
                work, viewer_of(caller), caller.name, subject, action.snippet_id
            )
            text, account_id = said.text, reach.account_id
            await check_answer(
                work,
                tools.voice,
                _author(caller),
                reach,
                said,
                root_id=subject.person.root_id,
                case_id=case_id,
            )
        except ServiceError as error:
            problem = str(error)
        words.append(PreviewedWords(text=text, account_id=account_id, problem=problem))
    return tuple(words)


async def say(
    work: UnitOfWork,
    tools: Tools,
    caller: Caller,
    macro: Macro,
    subject: Subject,
    *,
    case_id: int,
    key: str,
) -> None:
    """Canned replies go out as the agent's own, each to the place that its words were made for."""
    for number, action in enumerate(macro.actions):
        if not isinstance(action, SayCanned):
            continue
        reach, text = await answer_text(
            work, viewer_of(caller), caller.name, subject, action.snippet_id
        )
        await reply_within(
            work,
            tools.voice.keyring,
            tools.voice.capabilities_of,
            _author(caller),
            Reply(
                person_id=subject.person.root_id,
                client_key=f"{key}/{number}",
                text=text.text,
                spans=text.spans,
                place_id=reach.place_id,
                case_id=case_id,
            ),
            wire_of=tools.voice.wire_of,
        )


def _author(caller: Caller) -> Author:
    return Author(agent_id=caller.agent_id, name=caller.name, sight=Sight(caller.access_classes))
