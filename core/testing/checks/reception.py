"""Checks of how a local connector receives people, frames its widget, and goes on elsewhere."""

import re
from collections.abc import Mapping
from datetime import timedelta

from core.connector import (
    FormField,
    LocalConnector,
    Missed,
    Reception,
    Summary,
    Visitor,
    VisitorMessage,
)
from core.errors import Unsupported
from core.messages import MessageReceived, scrub
from core.testing.checks.attestation import good_attestation, local
from core.testing.checks.visitors import ANONYMOUS
from core.testing.trial import Trial
from core.testing.verdict import Declined, require

CLAIM = "claimed_"
STOP_URL = "https://desk.example/notices/7.abcdefgh"
LANGUAGES = (None, "", "en", "zh-CN", "ru", "tlh", "x" * 200)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_SOURCE = re.compile(r"'self'|(?:https?|wss?)://[\w.*-]+(?::(?:\d+|\*))?(?:/[\w./~%-]*)?")
"""A host or a word of our own (CSP level 3, 2.3.1)."""


async def check_reception_can_be_shown(trial: Trial) -> None:
    """Its times lie ahead and its questions can be told apart, asked and answered."""
    reception = local(trial).reception()
    require(isinstance(reception, Reception), "reception must give a Reception")
    if reception.opens_at is not None:
        require(not reception.is_open, "it is open, and yet it says when it opens")
        require(reception.opens_at.tzinfo is not None, "opens_at has no time zone")
        require(reception.opens_at > trial.clock.now(), "opens_at is over already")
    minutes = reception.reply_minutes
    require(minutes is None or minutes > 0, f"reply_minutes is {minutes}")
    names = [field.name for field in reception.form]
    require(len(set(names)) == len(names), "two questions of the form have one name")
    for field in reception.form:
        require(bool(_NAME.fullmatch(field.name)), f"{field.name!r} is no name of a question")
        require(bool(field.label.strip()), f"the question {field.name} asks nothing")
        has_choices = field.kind == "choice"
        require(
            bool(field.choices) == has_choices,
            f"the question {field.name} is of the kind {field.kind} and has {field.choices!r}",
        )


async def check_answers_to_the_form_are_claims(trial: Trial) -> None:
    """Agents read them as such; they are neither sender nor proof, and somebody proven has none."""
    connector = local(trial)
    asked = {field.name: _answer_to(field) for field in connector.reception().form}
    answers = {"email": "ceo@shop.example", "name": "The owner", **asked}
    event = _heard(connector, ANONYMOUS, answers)
    require(event.sender == connector.sender_of(ANONYMOUS), "an answer changed who the sender is")
    for name, said in asked.items():
        shown = event.context.get(f"{CLAIM}{name}")
        require(shown == said, f"the answer to {name} is shown as {shown!r}")
    loose = [one for one, said in event.context.items() if said in answers.values()]
    require(
        all(one.startswith(CLAIM) for one in loose), f"answers stand unmarked in {', '.join(loose)}"
    )
    known = Visitor(session="session-1", attestation=good_attestation(trial, connector))
    claims = [one for one in _heard(connector, known, answers).context if one.startswith(CLAIM)]
    require(not claims, f"who is signed in claims {', '.join(claims)}")
    broken = {"Order: x": "y", "order": "A\r\n\x00B"}
    context = _heard(connector, ANONYMOUS, broken).context
    require(f"{CLAIM}Order: x" not in context, "a question's name can be made up")
    require(
        all(text == scrub(text) and "\n" not in text for text in context.values()),
        "a control character is left in an answer",
    )


async def check_embedders_are_sources_of_a_policy(trial: Trial) -> None:
    """They stand in a header: each is one source, and none can end the directive."""
    for source in local(trial).embedders:
        require(bool(_SOURCE.fullmatch(source)), f"the embedder {source!r} is no source")


async def check_continuation_can_be_followed(trial: Trial) -> None:
    """It names an account and a time; whoever goes on elsewhere can say what was missed."""
    connector = local(trial)
    continuation = connector.continuation
    if continuation is None:
        raise Declined("answers wait for the visitor")
    require(bool(continuation.account.strip()), "continuation names no account")
    require(continuation.after >= timedelta(0), f"it goes on after {continuation.after}")
    try:
        _summary(connector, trial, None)
    except Unsupported:
        require(False, "it goes on elsewhere and cannot say what was missed")


async def check_summary_says_what_was_missed(trial: Trial) -> None:
    """Pure: who said what and when, files by name, and where to stop it; in any language."""
    connector = local(trial)
    if type(connector).to_summary is LocalConnector.to_summary:
        raise Declined("the channel goes on nowhere else")
    for language in LANGUAGES:
        found = _summary(connector, trial, language)
        require(found == _summary(connector, trial, language), "to_summary is not pure")
        places = [found.text.find(said) for said in ("Bo", "first word", "Mia", "second.pdf")]
        require(-1 not in places, f"something said is missing ({language!r})")
        require(places == sorted(places), f"what was said stands out of order ({language!r})")
        require(STOP_URL in found.text, f"the address that stops it is missing ({language!r})")
        lines = found.subject.splitlines()
        require(len(lines) == 1 and bool(lines[0].strip()), f"the subject is {found.subject!r}")


def _answer_to(field: FormField) -> str:
    if field.choices:
        return field.choices[0]
    return "grace@people.example" if field.kind == "email" else "42"


def _heard(
    connector: LocalConnector, visitor: Visitor, answers: Mapping[str, str]
) -> MessageReceived:
    message = VisitorMessage(client_id="client-1", text="Hello", answers=dict(answers))
    event = connector.to_event(visitor, message)
    require(isinstance(event, MessageReceived), "to_event must give a MessageReceived")
    assert isinstance(event, MessageReceived)
    return event


def _summary(
    connector: LocalConnector, trial: Trial, language: str | None, *, stop_url: str = STOP_URL
) -> Summary:
    at = trial.clock.now()
    missed = (
        Missed(author="Bo", text="first word", at=at),
        Missed(author="Mia", text="", at=at, files=("second.pdf",)),
    )
    return connector.to_summary(missed, language=language, stop_url=stop_url)


RECEPTION_CHECKS = (
    check_reception_can_be_shown,
    check_answers_to_the_form_are_claims,
    check_embedders_are_sources_of_a_policy,
    check_continuation_can_be_followed,
    check_summary_says_what_was_missed,
)
