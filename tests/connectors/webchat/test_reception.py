"""How visitors are received, and what becomes of answers that they did not see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.webchat.config import Config
from connectors.webchat.connector import WebchatConnector
from core.connector import Continuation, FormField, Missed
from core.testing.builders import connector_context

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
MISSED = (
    Missed(author="Bo", text="We have found it.", at=AT),
    Missed(author="Mia", text="", at=AT, files=("invoice.pdf",)),
)


def connector(**settings: Any) -> WebchatConnector:
    config = Config.model_validate({"site": "shop", "title": "Shop help", **settings})
    return WebchatConnector(config, connector_context())


def test_reception_says_what_is_set() -> None:
    question = {"name": "topic", "label": "Topic", "kind": "choice", "choices": ["a", "b"]}

    found = connector(form=[question], form_note="Why", reply_minutes=5).reception()

    assert found.is_open
    assert (found.reply_minutes, found.form_note) == (5, "Why")
    assert found.form == (
        FormField(name="topic", label="Topic", kind="choice", choices=("a", "b")),
    )


def test_never_open_is_closed_and_says_nothing_of_when() -> None:
    # The kit's clock stands still; nothing is open for the whole week but this one minute of it.
    now = connector().context.clock.now()
    day = (now + timedelta(days=2)).strftime("%a").lower()

    found = connector(hours=[{"days": day, "opens": "00:00", "closes": "00:01"}]).reception()

    assert not found.is_open
    assert found.opens_at is not None
    assert now < found.opens_at <= now + timedelta(days=2)


@pytest.mark.parametrize(
    ("is_open", "asked"), [(True, ["topic", "seat"]), (False, ["topic", "mail"])]
)
def test_questions_for_other_hours_are_not_asked(is_open: bool, asked: list[str]) -> None:
    now = connector().context.clock.now()
    day = now.strftime("%a") if is_open else (now + timedelta(days=2)).strftime("%a")
    form = [
        {"name": "topic", "label": "Topic"},
        {"name": "mail", "label": "Mail", "kind": "email", "asked": "closed"},
        {"name": "seat", "label": "Seat", "asked": "open"},
    ]

    hours = [{"days": day.lower(), "opens": "00:00", "closes": "24:00"}]
    found = connector(form=form, hours=hours).reception()

    assert [one.name for one in found.form] == asked


def test_nothing_goes_on_elsewhere_unless_it_is_set() -> None:
    assert connector().continuation is None
    assert connector(continue_by="mail", continue_after_minutes=3).continuation == Continuation(
        account="mail", after=timedelta(minutes=3)
    )


def test_summary_names_who_said_what() -> None:
    summary = connector().to_summary(MISSED, language=None)

    assert summary.subject == "Your conversation with Shop help"
    assert "Bo:\nWe have found it." in summary.text
    assert "Mia:\nFile: invoice.pdf" in summary.text


@pytest.mark.parametrize(
    ("language", "word"), [("zh-CN", "未读"), ("ru", "разговор"), ("eo", "conversation")]
)
def test_summary_is_in_the_visitors_language(language: str, word: str) -> None:
    assert word in connector().to_summary(MISSED, language=language).text
