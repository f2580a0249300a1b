"""Actions, done by the services that agents use, in one transaction with what led to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, assert_never

import msgspec

from core.messages import Direction
from core.rich_text_cuts import RichText
from router.services import audit, snippets
from router.services.automation.filling import filled, in_language
from router.services.automation.subjects import Subject
from router.services.automation.terms import (
    Action,
    AskStepUp,
    Assign,
    AssignTeam,
    JoinIncident,
    LabelCase,
    Notify,
    Prioritise,
    SayCanned,
    SetField,
    SetState,
    SetTopic,
    Stop,
    TellWebhooks,
    WriteNote,
)
from router.services.case_values import FieldValue
from router.services.cases import CaseChange, change_within
from router.services.errors import Conflict, NotFound, Refused, ServiceError
from router.services.identity import step_ups
from router.services.identity.step_ups import Ask
from router.services.incidents import linking
from router.services.outbound import automatic
from router.services.outbound.automatic import Unsaid, Voice, Words
from router.services.outbound.automatic_texts import Line
from router.services.snippets import SnippetText
from router.services.viewer import Viewer
from router.services.webhooks_out.emitting import emit
from router.storage import case_fields, incidents, mentions, persons, replies, rule_runs
from router.storage import snippets as stored_snippets
from router.storage.automatic import find_language
from router.storage.replies import Reach
from router.storage.unit_of_work import Fact, UnitOfWork

Came = Literal["changed", "so_already", "said", "stopped"]


class Did(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one action."""

    do: str
    came: Came
    what: dict[str, str | int | list[int] | None] = {}
    """Of a change: what was wanted. Of something said: the message."""


class ActionFailed(Exception):
    """The sentence says why; `number` which of the actions. Nothing of them is kept."""

    def __init__(self, number: int, do: str, sentence: str) -> None:
        super().__init__(sentence)
        self.number, self.do = number, do


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What actions need beside the database; one for a process."""

    voice: Voice
    step_up_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Who acts: a rule, as far as its author sees; or an agent who runs a macro."""

    viewer: Viewer
    name: str
    """As notes are signed with."""
    actor: str
    """As the audit log names them."""
    key: str
    """The same for the same occasion: what is said under it is said once."""
    rule_id: int | None = None
    agent_id: int | None = None
    """Who wrote its notes: of a macro, the agent who runs it."""


async def perform(
    work: UnitOfWork, tools: Tools, acting: Acting, subject: Subject, actions: Sequence[Action]
) -> list[Did]:
    """All of them in order, under the conversation's lock; last of all the caller records them.
    Raises ActionFailed at the first that cannot be done; the caller undoes the others with it.
    """
    done: list[Did] = []
    for number, action in enumerate(actions):
        do = action.__struct_config__.tag
        try:
            done.append(await _perform(work, tools, acting, subject, action, number))
        except ServiceError as error:
            raise ActionFailed(number, str(do), str(error)) from error
    return done


async def _perform(
    work: UnitOfWork,
    tools: Tools,
    acting: Acting,
    subject: Subject,
    action: Action,
    number: int,
) -> Did:
    change = change_of(work, action)
    if change is not None:
        return await _change(work, acting, subject, action, change)
    match action:
        case JoinIncident():
            return await _join(work, acting, subject, action)
        case SayCanned():
            return await _say(work, tools, acting, subject, action, number)
        case WriteNote():
            return await _note(work, acting, subject, action.text, action)
        case Notify():
            return await _note(
                work, acting, subject, action.text, action, action.agent_ids, action.team_ids
            )
        case AskStepUp():
            return await _ask(work, tools, acting, subject)
        case TellWebhooks():
            return await _tell(work, subject, action)
        case _:
            return Did(do="stop", came="stopped")


async def record(work: UnitOfWork, actor: str, did: Sequence[Did]) -> None:
    """What the audit log is to know of it, which has to come last in a transaction."""
    facts = {"severity": linking.SEVERITY, "state": "open"}
    for one in did:
        if one.what.get("was_opened"):
            subject = f"incidents/{one.what['incident_id']}"
            await audit.record(work, actor, "incident.opened", subject, facts)


def change_of(work: UnitOfWork, action: Action) -> CaseChange | None:
    """What the action makes of a case. None: it changes none."""
    match action:
        case Assign():
            return CaseChange(owner_id=action.agent_id)
        case AssignTeam():
            return CaseChange(team_id=action.team_id)
        case LabelCase():
            return CaseChange(add_labels=action.add, drop_labels=action.drop)
        case Prioritise():
            return CaseChange(priority=action.priority)
        case SetTopic():
            return CaseChange(topic=action.topic)
        case SetField():
            put = FieldValue(field_id=action.field_id, value=action.value)
            return CaseChange(set_fields=(put,))
        case SetState(state="snoozed") if action.hours is not None:
            until = work.now() + timedelta(hours=action.hours)
            return CaseChange(state="snoozed", snoozed_until=until)
        case SetState():
            return CaseChange(state=action.state)
        case JoinIncident() | SayCanned() | WriteNote() | Notify() | AskStepUp():
            return None
        case TellWebhooks() | Stop():
            return None
        case _:
            assert_never(action)


async def _change(
    work: UnitOfWork, acting: Acting, subject: Subject, action: Action, change: CaseChange
) -> Did:
    if subject.case is None:
        raise NotFound("There is no case to change.")
    if isinstance(action, SetField) and not await case_fields.is_for_all(work, action.field_id):
        raise Refused("It fills in a field that not everybody sees.", code="unknown")
    before = await rule_runs.revision_of(work, subject.case.id)
    after = await change_within(
        work,
        acting.viewer,
        subject.case.id,
        change,
        actor=acting.actor,
        rule_id=acting.rule_id,
    )
    wanted: Mapping[str, object] = msgspec.to_builtins(action)
    return Did(
        do=str(action.__struct_config__.tag),
        came="so_already" if after.revision == before else "changed",
        what=msgspec.convert({k: v for k, v in wanted.items() if k != "do"}, dict),
    )


async def _join(work: UnitOfWork, acting: Acting, subject: Subject, action: JoinIncident) -> Did:
    if subject.case is None:
        raise NotFound("There is no case to change.")
    what: dict[str, str | int | list[int] | None] = {"title": action.title}
    if await incidents.unresolved_of(work, subject.case.id) is not None:
        return Did(do="join_incident", came="so_already", what=what)
    incident, was_opened = await linking.open_or_find(
        work,
        " ".join(action.title.split()),
        agent_id=acting.agent_id,
        rule_name="" if acting.rule_id is None else acting.name,
    )
    await change_within(
        work,
        acting.viewer,
        subject.case.id,
        CaseChange(incident_id=incident),
        actor=acting.actor,
        rule_id=acting.rule_id,
    )
    what |= {"incident_id": incident, "was_opened": int(was_opened)}
    return Did(do="join_incident", came="changed", what=what)


async def _say(
    work: UnitOfWork,
    tools: Tools,
    acting: Acting,
    subject: Subject,
    action: SayCanned,
    number: int,
) -> Did:
    root = subject.person.root_id
    heard = subject.message if _was_heard(subject) else None
    place_id = None if heard is None else heard.place_id
    reach = await replies.find_reach(work, root, place_id, None, acting.viewer.sight)
    if reach is None:
        raise NotFound("They never wrote anywhere that takes an answer.")
    case_id = None if subject.case is None else subject.case.id
    text = await _text_for(work, acting.viewer, "", subject, reach, action.snippet_id)
    said = await automatic.say(
        work,
        tools.voice,
        Words(
            root_id=root,
            reach=reach,
            line=Line.CANNED,
            key=f"{acting.key}/{number}",
            quoted=text,
            answers=None if heard is None else heard.id,
            case_id=case_id,
            sight=acting.viewer.sight,
        ),
    )
    if isinstance(said, Unsaid):
        raise Conflict(f"It cannot be said there: {_UNSAID[said]}.", code=said.value)
    return Did(do="reply", came="said", what={"message_id": said})


async def answer_text(
    work: UnitOfWork, viewer: Viewer, author: str, subject: Subject, snippet_id: int
) -> tuple[Reach, RichText]:
    """Where they wrote last, as far as the viewer sees, and a canned reply as it would stand in an
    answer there. Raises NotFound, Refused."""
    reach = await replies.find_reach(work, subject.person.root_id, None, None, viewer.sight)
    if reach is None:
        raise NotFound("They never wrote anywhere that takes an answer.")
    return reach, await _text_for(work, viewer, author, subject, reach, snippet_id)


async def _text_for(
    work: UnitOfWork, viewer: Viewer, author: str, subject: Subject, reach: Reach, snippet_id: int
) -> RichText:
    row = await stored_snippets.find_snippet(work, snippet_id)
    if row is None:
        raise NotFound("This canned reply is gone.")
    texts = msgspec.convert(row["texts"], dict[str, SnippetText])
    return await text_there(work, viewer, author, subject, reach, texts)


async def text_there(
    work: UnitOfWork,
    viewer: Viewer,
    author: str,
    subject: Subject,
    reach: Reach,
    texts: Mapping[str, SnippetText],
) -> RichText:
    """The one of these texts in their language, as it would stand there. Raises Refused."""
    root, case = subject.person.root_id, subject.case
    language = await find_language(work, root, reach.home_person_id)
    text = in_language(texts, language)
    facts = await snippets.facts_within(
        work, viewer, author, root, reach.place_id, None if case is None else case.id
    )
    return filled(text, facts)


_UNSAID = {
    Unsaid.SAID_BEFORE: "it was said before",
    Unsaid.UNPROVEN: "nothing proves who reads there",
    Unsaid.MACHINE: "what it would answer was written by a machine",
    Unsaid.STOPPED: "they want no notices",
    Unsaid.IN_PUBLIC: "others read along",
    Unsaid.TOO_MANY: "they got too many automatic answers within this hour",
    Unsaid.TOO_LOW: "the case needs more than is proven there",
    Unsaid.UNREACHABLE: "the place takes nothing now",
}


def _was_heard(subject: Subject) -> bool:
    message = subject.message
    return message is not None and message.direction == Direction.IN.value


async def _note(
    work: UnitOfWork,
    acting: Acting,
    subject: Subject,
    text: str,
    action: Action,
    agents: Sequence[int] = (),
    teams: Sequence[int] = (),
) -> Did:
    case = None if subject.case is None else subject.case.id
    message = await write_note(
        work,
        root_id=subject.person.root_id,
        case_id=case,
        author=acting.name,
        text=text,
        rule_id=acting.rule_id,
        agent_id=acting.agent_id,
        agents=agents,
        teams=teams,
    )
    return Did(do=str(action.__struct_config__.tag), came="said", what={"message_id": message})


async def write_note(
    work: UnitOfWork,
    *,
    root_id: int,
    case_id: int | None,
    author: str,
    text: str,
    rule_id: int | None = None,
    agent_id: int | None = None,
    agents: Sequence[int] = (),
    teams: Sequence[int] = (),
) -> int:
    """A note, of an agent or of none, that names these. Under the conversation's lock."""
    message = await rule_runs.insert_note(
        work,
        person_id=root_id,
        case_id=case_id,
        author=author,
        text=text,
        rule_id=rule_id,
        agent_id=agent_id,
    )
    if case_id is not None:
        await replies.touch_case(work, case_id, message)
    if agents or teams:
        await mentions.mention(work, message, root_id, agents, teams)
    await persons.bump(work, {root_id: message}, {})
    work.announce(Fact.MESSAGE_CREATED, person=root_id, ref=message)
    return message


async def _tell(work: UnitOfWork, subject: Subject, action: TellWebhooks) -> Did:
    count = await emit(
        work,
        word=action.word,
        root_id=subject.person.root_id,
        case_id=None if subject.case is None else subject.case.id,
        message_id=None if subject.message is None else subject.message.id,
    )
    return Did(do="webhook", came="said", what={"word": action.word, "webhooks": count})


async def _ask(work: UnitOfWork, tools: Tools, acting: Acting, subject: Subject) -> Did:
    if subject.case is None:
        raise NotFound("There is no case to ask it for.")
    heard = subject.message if _was_heard(subject) else None
    identity = None if heard is None else heard.identity_id
    if identity is None:
        reach = await replies.find_reach(
            work, subject.person.root_id, None, None, acting.viewer.sight
        )
        if reach is None:
            raise NotFound("They never wrote anywhere.")
        identity = reach.identity_id
    wanted = Ask(case_id=subject.case.id, identity_id=identity)
    asked = await step_ups.ask_within(
        work, tools.voice, tools.step_up_url, acting.viewer, wanted, actor=acting.actor
    )
    return Did(do="ask_step_up", came="said", what={"step_up_id": asked.id})
