"""What is said against the sender of a mail has words in the pages, by the sentence itself."""

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def sentence_of(node: ast.AST) -> str:
    """As it stands in the source, with a hole for each value; empty if it is no text."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(sentence_of(part) or "{}" for part in parts)
        case _:
            return ""


def test_every_sentence_against_a_sender_has_words_and_no_words_are_of_another() -> None:
    source = (ROOT / "connectors/email/trust/authentication.py").read_text()
    found = {sentence_of(node) for node in ast.walk(ast.parse(source))}
    said = {text for text in found if text.startswith("The sender ") and text.endswith(".")}
    texts = json.loads((ROOT / "web/shared/i18n/reading/en.json").read_text())
    known = {
        re.sub(r"\{\w+\}", "{}", text) for key, text in texts.items() if key.startswith("warned.")
    }

    assert said == known
