"""No name of ours has a word in it that `core/glossary.md` replaced by a better one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rules.sources import parsed, python_files, shown

BANNED = frozenset(
    {
        *("user", "contact", "ticket", "handler", "manager", "helper"),
        *("util", "payload", "data", "info", "item"),
    }
)
# Names that others gave: the contract's own, and what a library calls by name.
GIVEN = frozenset(
    {
        "AccountInfo",
        "data_dir",  # ONETHREAD_DATA_DIR is a promise to the outside
        "data_folder",  # doctor's look at it
        "data_received",  # asyncio.Protocol
        "handle_DATA",  # aiosmtpd, after the SMTP command
        "handle_data",  # html.parser.HTMLParser
        "handler",  # aiohttp gives it to a middleware by name
        "info",  # a log's level
        *("request_data", "parse_json_payload"),  # telegram.request.BaseRequest
        "items",  # pytest_collection_modifyitems finds its arguments by name
    }
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def banned_words(name: str) -> list[str]:
    """The banned words among the words of a name, in either case and either number."""
    if name in GIVEN:
        return []
    words = [word.lower() for word in _WORD.findall(name)]
    return [word for word in words if word in BANNED or word.removesuffix("s") in BANNED]


def badly_named(source: str) -> list[str]:
    """Every definition of ours with a banned word: classes, functions, parameters, module names."""
    return [name for name in _definitions(parsed(source)) if banned_words(name)]


def _definitions(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        match node:
            case ast.ClassDef(name=name):
                yield name
            case ast.FunctionDef(name=name, args=args) | ast.AsyncFunctionDef(name=name, args=args):
                yield name
                every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
                yield from (argument.arg for argument in every if argument is not None)
    for statement in module.body:
        match statement:
            case ast.Assign(targets=targets):
                for target in targets:
                    yield from _assigned(target)
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
                yield from _assigned(target)


def _assigned(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name):
            yield node.id


@pytest.mark.parametrize("path", python_files(), ids=shown)
def test_names_use_the_words_of_the_glossary(path: Path) -> None:
    assert banned_words(path.stem) == []
    assert badly_named(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "def load_user(key): ...",
        "class TicketManager: ...",
        "async def keep(payload): ...",
        "def plan(*, due_items): ...",
        "CONTACTS = {}",
        "HTTPHandler = object",
        "left, right_data = 1, 2",
    ],
)
def test_banned_word_in_a_definition_is_found(source: str) -> None:
    assert badly_named(source)


@pytest.mark.parametrize(
    "source",
    [
        "def load_person(key): ...",
        "metadata = database = informed = None",
        "def read(): return {}.items()",
        "def data_received(self, chunk): ...",
        "def read():\n    data = 1",
    ],
)
def test_other_words_and_the_names_of_others_pass(source: str) -> None:
    assert badly_named(source) == []
