"""What of a message is read and taught: its subject counts once, without what an answer adds."""

import pytest

from router.services.triage.words import words_of


@pytest.mark.parametrize(
    ("subject", "text", "words"),
    [
        ("", "goodbye", "goodbye"),
        ("I am done", "goodbye", "I am done\ngoodbye"),
        ("I am done", "", "I am done"),
        ("Re: I am done", "goodbye", "I am done\ngoodbye"),
        ("RE[2]: Fwd: I am done", "goodbye", "I am done\ngoodbye"),
        ("Ответ: мне конец", "прощайте", "мне конец\nпрощайте"),
        ("回复：再见", "好", "再见\n好"),
        ("Re:", "goodbye", "goodbye"),
        ("Refund", "please", "Refund\nplease"),
        ("i am done", "I am done. Goodbye", "I am done. Goodbye"),
    ],
)
def test_subject_counts_once_and_without_marks_of_an_answer(
    subject: str, text: str, words: str
) -> None:
    assert words_of(subject, text) == words
