"""What the line scanner leaves of a text, form by form; whole mails are among the samples."""

import pytest

from connectors.email.reply_text.lines import MAX_LINES
from connectors.email.reply_text.quoting import Around, reply_of
from tests.connectors.email.quoting.attributions import ATTRIBUTIONS
from tests.connectors.email.quoting.closings import CLOSINGS
from tests.connectors.email.quoting.heads import HEADS
from tests.connectors.email.quoting.held_out import HELD_OUT
from tests.connectors.email.quoting.held_out_again import HELD_OUT_AGAIN
from tests.connectors.email.quoting.words_kept import KEPT, PARTED

OWN = "Yes, the blue one please.\n\nWhen will it come?"
QUOTED = ("> Dear Bo,\n> which one?", "\n> Dear Bo,\n>\n> which one?", "\nDear Bo,\nwhich one?")
BELOW = ("", "\nOn Mon, Jan 5, 2026 at 3:04 PM A B <a@b.example> wrote:\n\n> old\n> text")


@pytest.mark.parametrize("form", ATTRIBUTIONS)
def test_history_below_an_attribution_is_left_out(form: str) -> None:
    for old in QUOTED:
        assert reply_of(f"{OWN}\n\n{ATTRIBUTIONS[form]}\n{old}\n") == OWN


@pytest.mark.parametrize("form", HEADS)
def test_history_below_a_head_is_left_out(form: str) -> None:
    assert reply_of(f"{OWN}\n\n{HEADS[form]}\n\nDear Bo,\nwhich one?\n") == OWN


@pytest.mark.parametrize("form", CLOSINGS)
def test_what_programs_put_below_the_words_is_left_out(form: str) -> None:
    for below in BELOW:
        assert reply_of(f"{OWN}\n\n{CLOSINGS[form]}\n{below}\n") == OWN


@pytest.mark.parametrize("form", KEPT)
def test_what_a_person_wrote_is_kept_whatever_it_looks_like(form: str) -> None:
    assert reply_of(KEPT[form]) == KEPT[form]


@pytest.mark.parametrize("form", PARTED)
def test_words_are_told_from_quotes(form: str) -> None:
    text, words = PARTED[form]
    assert reply_of(text) == words


@pytest.mark.parametrize("form", [*HELD_OUT, *HELD_OUT_AGAIN])
def test_forms_written_after_the_rules_are_read_too(form: str) -> None:
    text, words = (HELD_OUT | HELD_OUT_AGAIN)[form]
    assert reply_of(text) == words


def test_nothing_but_history_is_shown_whole() -> None:
    text = "On Mon, Jan 5, 2026 at 3:04 PM A B <a@b.example> wrote:\n\n> old\n> text"
    assert reply_of(text) == text


def test_head_in_a_mail_that_is_passed_on_is_kept() -> None:
    text = f"Please see.\n\n{HEADS['outlook en']}\n\nDear Bo,\nwhich one?"
    assert reply_of(text, Around(is_forward=True)) == text
    assert reply_of(text) == "Please see."


def test_what_stands_after_the_lines_that_are_looked_at_goes_with_the_last_of_them() -> None:
    words = "\n".join(f"word {number}" for number in range(MAX_LINES + 10))
    assert reply_of(words) == words
    history = "\n".join(f"> old {number}" for number in range(MAX_LINES + 10))
    assert reply_of(f"Yes.\n\nOn 1/5/26 15:04, A B wrote:\n{history}") == "Yes."
