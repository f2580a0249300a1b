"""The checks of a connector's folder find what is wrong in a copy of the sample's."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from core.connector import ConnectorConfig
from core.testing.checks import package
from core.testing.network import FakeNetwork, check_reasons
from core.testing.subject import Subject
from core.testing.verdict import ConformanceFailure, Declined
from tests.unit.testing_kit.sample.connector import SampleConnector
from tests.unit.testing_kit.sample.sandbox import SampleNetwork

FOLDER = Path(__file__).parent / "sample"


@dataclass(frozen=True, kw_only=True)
class CopiedSubject(Subject):
    copy: Path

    @property
    def folder(self) -> Path:
        return self.copy


@pytest.fixture
def subject(tmp_path: Path) -> CopiedSubject:
    shutil.copytree(FOLDER, tmp_path / "sample")
    for planted in (tmp_path / "sample").glob("planted_*.py"):
        planted.unlink()
    return CopiedSubject(connector=SampleConnector, copy=tmp_path / "sample")


def _rewrite(subject: CopiedSubject, name: str, old: str, new: str) -> None:
    path = subject.copy / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


HERE = "tests.unit.testing_kit"
MANIFEST_FAULTS = [
    ("contract = 1", 'contract = 1\ncolor = "red"', package.check_badge, "#rrggbb"),
    ("contract = 1", 'contract = 1\nicon = "<svg/>"', package.check_badge, "path of an SVG"),
    ("contract = 1", f'contract = 1\ninspect = "{HERE}.no:f"', package.check_inspection, "there"),
    ("contract = 1", f'contract = 1\ninspect = "{HERE}:f"', package.check_inspection, "called"),
    *(
        ("contract = 1", f'contract = 1\ninspect = "{HERE}.inspections:{name}"', check, sentence)
        for name, check, sentence in (
            ("takes_no_options", package.check_inspection, "inspect fails"),
            ("takes_any_option", package.check_inspection, "does not exist"),
            ("fails", package.check_inspection, "inspect fails"),
        )
    ),
    ("contract = 1", "contract = 2", package.check_manifest, "contract is 2"),
    ("contract = 1", 'contract = 1\ntypo = "x"', package.check_manifest, "typo"),
    ("contract = 1", "contract =", package.check_manifest, "cannot be read"),
    ('channel = "sample"', 'channel = "Sample 1"', package.check_manifest, "lower-case"),
    ('name = "Sample"', 'name = " "', package.check_manifest, "name is empty"),
    ('realm = "sample"', 'realm = ""', package.check_manifest, "realm is empty"),
    ("SampleConnector", "Other", package.check_manifest, "entry is"),
    ("aiohttp", "no-such-thing", package.check_manifest, "not installed"),
    ('"stream"', '"webhook"', package.check_intake, "receive is written"),
    ('"stream"', '"stream", "webhook"', package.check_intake, "handle_webhook is not written"),
    ('"stream"', '"stream", "local"', package.check_intake, "LocalConnector"),
    ('["stream"]', "[]", package.check_intake, "nothing could ever come in"),
]


@pytest.mark.parametrize(("old", "new", "check", "sentence"), MANIFEST_FAULTS)
def test_wrong_manifest_is_found(
    subject: CopiedSubject, old: str, new: str, check: Callable[[Subject], None], sentence: str
) -> None:
    _rewrite(subject, "manifest.toml", old, new)
    with pytest.raises(ConformanceFailure, match=sentence):
        check(subject)


def test_right_inspection_is_right(subject: CopiedSubject) -> None:
    line = f'contract = 1\ninspect = "{HERE}.inspections:good"'
    _rewrite(subject, "manifest.toml", "contract = 1", line)
    package.check_inspection(subject)


@pytest.mark.parametrize("name", package.FILES)
def test_missing_file_is_found(subject: CopiedSubject, name: str) -> None:
    (subject.copy / name).unlink()
    with pytest.raises(ConformanceFailure, match=name):
        package.check_files(subject)


def test_readme_that_says_nothing_is_found(subject: CopiedSubject) -> None:
    (subject.copy / "README.md").write_text("# Sample\n")
    with pytest.raises(ConformanceFailure, match="README"):
        package.check_files(subject)


@pytest.mark.parametrize(
    "line",
    [
        "import router",
        "from router.storage import messages",
        "import yaml",
        "from tests.unit.other import thing",
        "from .. import sibling",
        "from core.testing import builders",
        "def later():\n    import discord",
    ],
)
def test_import_of_what_is_not_ours_is_found(subject: CopiedSubject, line: str) -> None:
    with (subject.copy / "errors.py").open("a") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(ConformanceFailure, match=r"errors\.py:\d+ imports"):
        package.check_imports(subject)


@pytest.mark.parametrize("line", ["import json", "from . import convert", "import aiohttp.web"])
def test_import_of_own_and_standard_and_required_modules_is_right(
    subject: CopiedSubject, line: str
) -> None:
    with (subject.copy / "errors.py").open("a") as file:
        file.write(f"\n{line}\n")
    package.check_imports(subject)


def test_library_that_the_manifest_does_not_require_is_found(subject: CopiedSubject) -> None:
    _rewrite(subject, "manifest.toml", '"aiohttp"', "")
    with pytest.raises(ConformanceFailure, match="imports aiohttp"):
        package.check_imports(subject)


def test_sandbox_may_need_more_than_the_manifest_says(subject: CopiedSubject) -> None:
    with (subject.copy / "sandbox.py").open("a") as file:
        file.write("\nimport aiosmtpd\n")
    package.check_imports(subject)


def test_sandbox_may_not_need_the_router(subject: CopiedSubject) -> None:
    with (subject.copy / "sandbox.py").open("a") as file:
        file.write("\nimport router.settings\n")
    with pytest.raises(ConformanceFailure, match=r"sandbox\.py"):
        package.check_imports(subject)


def test_convert_that_waits_is_found(subject: CopiedSubject) -> None:
    with (subject.copy / "convert.py").open("a") as file:
        file.write("\n\nasync def fetch() -> None:\n    return None\n")
    with pytest.raises(ConformanceFailure, match="pure"):
        package.check_convert_is_pure(subject)


class UnexplainedSetting(ConnectorConfig):
    host: str


class PlainSecret(ConnectorConfig):
    password: str
    """To sign in with."""


class PlainSecretInside(ConnectorConfig):
    class Key(ConnectorConfig):
        api_key: str | None = None
        """Of the network."""

    keys: tuple[Key, ...] = ()
    """All of them."""


class TakesTypos(BaseModel):
    model_config = ConfigDict(frozen=True)


class CanChange(ConnectorConfig):
    model_config = ConfigDict(frozen=False)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (UnexplainedSetting, "setting host has no description"),
        (PlainSecret, "setting password sounds like a secret"),
        (PlainSecretInside, r"setting keys\.api_key sounds like a secret"),
        (TakesTypos, "ConnectorConfig"),
        (CanChange, "ConnectorConfig"),
    ],
)
def test_wrong_settings_are_found(settings: type[BaseModel], sentence: str) -> None:
    class Sample(SampleConnector):
        Config = settings

    with pytest.raises(ConformanceFailure, match=sentence):
        package.check_settings(Subject(connector=Sample))


def test_settings_whose_names_only_sound_secret_are_right() -> None:
    class Settings(ConnectorConfig):
        token: SecretStr
        """Of the bot."""
        token_seconds: int = 60
        """How long it lasts."""
        smtp_password: SecretStr | None = None
        """Of the other server."""
        key_id: str = ""
        """Which key."""

    class Sample(SampleConnector):
        Config = Settings

    package.check_settings(Subject(connector=Sample))
    assert package.secret_settings(Subject(connector=Sample)) == ("token", "smtp_password")


def _network_that_cannot(reasons: dict[str, str]) -> FakeNetwork:
    class Network(SampleNetwork):
        cannot: ClassVar[dict[str, str]] = reasons
        edit_last = FakeNetwork.edit_last

    return Network()


def test_ability_declined_with_a_sentence_is_a_skip() -> None:
    network = _network_that_cannot({"edit_last": "Letters on paper cannot be edited."})
    check_reasons(network)
    assert isinstance(network.declined("edit_last"), Declined)


@pytest.mark.parametrize(
    ("reasons", "sentence"),
    [
        ({"edit_last": ""}, "has no 'edit_last'"),
        ({"edit_last": "no"}, "has no 'edit_last'"),
        ({"edit_lost": "Letters cannot be edited."}, "there are"),
        ({"delete_last": "Letters cannot be taken back."}, "as well"),
    ],
)
def test_reason_that_is_none_or_names_nothing_is_found(
    reasons: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConformanceFailure, match=sentence):
        check_reasons(_network_that_cannot(reasons))


async def test_ability_neither_written_nor_declined_fails() -> None:
    network = _network_that_cannot({})
    with pytest.raises(ConformanceFailure, match="write it, or say in `cannot`"):
        await network.edit_last("text")
