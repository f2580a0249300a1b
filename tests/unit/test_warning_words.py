"""What is said against a message has words in the pages, by the sentence itself."""

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAID = {
    "connectors/discord/convert.py": ("CONTENT_IS_HIDDEN",),
    "connectors/email/convert.py": ("SENT_ON", "_to_message"),
    "connectors/email/imap/folder.py": ("JUNK_WARNING",),
    "connectors/email/kinds/settling.py": ("warnings_of",),
    "connectors/email/reading/placeholder.py": ("HEADER_ALONE",),
    "connectors/email/trust/authentication.py": (),
    "connectors/telegram/convert.py": ("_warnings",),
    "router/services/enquiries.py": ("WARNING",),
    "router/services/inbound/loops.py": ("NOTICE",),
}
"""Where sentences stand above a message, and under which names; without names, anywhere."""


def sentence_of(node: ast.AST) -> str:
    """As it stands in the source, with a hole for each value; empty if it is no text."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(sentence_of(part) or "{}" for part in parts)
        case _:
            return ""


def sentences_in(path: str, names: tuple[str, ...]) -> set[str]:
    """Docstrings apart."""
    tree = ast.parse((ROOT / path).read_text())
    named = {name: node for node in tree.body for name in names_of(node)}
    found: set[str] = set()
    for top in [named[name] for name in names] or [tree]:
        inside = list(ast.walk(top))
        parts = {
            id(part) for one in inside if isinstance(one, ast.JoinedStr) for part in one.values
        }
        remarks = {id(one.value) for one in inside if isinstance(one, ast.Expr)}
        found |= {sentence_of(one) for one in inside if id(one) not in parts | remarks}
    return {one for one in found if " " in one and one.endswith(".")}


def names_of(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [one.id for one in targets if isinstance(one, ast.Name)]
        case _:
            return []


def test_every_sentence_above_a_message_has_words_and_no_words_are_of_another() -> None:
    said = {one for path, names in SAID.items() for one in sentences_in(path, names)}
    texts = json.loads((ROOT / "web/shared/i18n/reading/en.json").read_text())
    known = {
        re.sub(r"\{\w+\}", "{}", text) for key, text in texts.items() if key.startswith("warned.")
    }

    assert said == known


def test_no_connector_warns_elsewhere() -> None:
    sources = (ROOT / "connectors").rglob("*.py")
    warning = {
        str(one.relative_to(ROOT)) for one in sources if re.search(r"\bwarnings=", one.read_text())
    }

    assert warning <= SAID.keys()
