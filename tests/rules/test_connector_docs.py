"""docs/add-a-connector.md says what the code says."""

import ast
import re
import tomllib
from importlib import import_module

import pytest

from core import errors
from core.connector import Connector
from core.testing.network import OPTIONAL, SAY_FILES, FakeNetwork, Fault
from router.runtime import registry
from tests.rules.sources import ROOT

TEXT = (ROOT / "docs" / "add-a-connector.md").read_text(encoding="utf-8")
CODE_WORDS = set(re.findall(r"`([A-Za-z_]+)", TEXT))


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def _raised() -> list[str]:
    kinds = [errors.TransientError, errors.RateLimited, errors.OutcomeUnknown]
    for base in (errors.PermanentError, errors.AccountError):
        # Not those of connectors that other tests have brought along.
        kinds += [kind for kind in base.__subclasses__() if kind.__module__ == errors.__name__]
    return [kind.__name__ for kind in kinds]


@pytest.mark.parametrize("name", _raised())
def test_every_error_has_its_row(name: str) -> None:
    assert re.search(rf"^\| `{name}` \|", TEXT, re.MULTILINE)


@pytest.mark.parametrize("name", sorted({*OPTIONAL, *FakeNetwork.__abstractmethods__, SAY_FILES}))
def test_every_ability_of_a_fake_network_is_named(name: str) -> None:
    assert name in CODE_WORDS


@pytest.mark.parametrize("name", [n for n in vars(Connector) if not n.startswith("_")])
def test_every_method_of_a_connector_is_named(name: str) -> None:
    assert name in CODE_WORDS | {"capabilities"}


@pytest.mark.parametrize("block", _blocks("python"))
def test_python_is_python_and_imports_what_there_is(block: str) -> None:
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("core"):
            module = import_module(node.module or "")
            assert all(hasattr(module, alias.name) for alias in node.names)


def test_reasons_of_the_example_name_what_there_is() -> None:
    example = next(block for block in _blocks("python") if "cannot" in block)
    known = {*OPTIONAL, SAY_FILES, *(fault.value for fault in Fault)}
    assert set(re.findall(r'"(\w+)": "', example)) <= known


def test_packaging_uses_the_entry_points_that_the_router_reads() -> None:
    (project,) = (tomllib.loads(block) for block in _blocks("toml"))
    assert project["project"]["entry-points"] == {registry.ENTRY_POINTS: {"sms": "onethread_sms"}}


@pytest.mark.parametrize("path", re.findall(r"`((?:core|connectors)/[\w/.]+)`", TEXT))
def test_every_file_of_ours_that_is_named_is_there(path: str) -> None:
    assert (ROOT / path).exists() or path.startswith("connectors/sms")
