"""The example settings file: it parses, it is complete, and its values are the defaults."""

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import BaseModel

from router.settings import Settings, SettingsError, load_settings

EXAMPLE = files("config") / "onethread.example.toml"


def names(model: type[BaseModel], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= names(field.annotation, f"{prefix}{name}.")
        else:
            found.add(prefix + name)
    return found


def uncommented() -> str:
    """The file with every setting that is commented out put in force."""
    lines = []
    for line in EXAMPLE.read_text().splitlines():
        bare = line.removeprefix("# ")
        is_setting = line.startswith("# ") and " = " in bare and bare.split(" = ")[0].isidentifier()
        lines.append(bare if is_setting else line)
    return "\n".join(lines)


def test_every_setting_is_in_the_example() -> None:
    found = tomllib.loads(uncommented())
    listed = {
        f"{name}.{inner}" if isinstance(value, dict) else name
        for name, value in found.items()
        for inner in (value if isinstance(value, dict) else [""])
    }
    assert listed == names(Settings)


def test_the_example_as_it_is_means_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "onethread.toml").write_text(EXAMPLE.read_text())
    monkeypatch.chdir(tmp_path)
    written = load_settings()
    (tmp_path / "onethread.toml").unlink()
    assert written == load_settings()


def test_every_setting_is_explained() -> None:
    lines = EXAMPLE.read_text().splitlines()
    for number, line in enumerate(lines):
        is_setting = " = " in line and line.removeprefix("# ").split(" = ")[0].isidentifier()
        if is_setting:
            assert lines[number - 1].startswith("# "), line


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"ONETHREAD_LISTEN": "8080"}, ("listen", "ONETHREAD_LISTEN", "host:port")),
        ({"ONETHREAD_LISTEN": "0.0.0.0:8080"}, ("public_url must be set",)),
        ({"ONETHREAD_PUBLIC_URL": "support.example.com"}, ("public_url", "https://")),
        ({"ONETHREAD_SECRET_KEY": "short"}, ("secret_key", "32", "openssl")),
        ({"ONETHREAD_DATABASE_URL": "mysql://x"}, ("database_url", "postgresql://")),
        ({"ONETHREAD_RETENTION__SESSION_DAYS": "0"}, ("retention.session_days",)),
        ({"ONETHREAD_LOG_FORMAT": "xml"}, ("log_format", "json")),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it_and_the_fix(
    variables: dict[str, str],
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    sentence = str(refused.value)
    assert "\n" not in sentence
    for word in words:
        assert word in sentence


def test_a_misspelt_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "onethread.toml").write_text('listne = "127.0.0.1:1"\n')
    with pytest.raises(SettingsError, match="listne"):
        load_settings()
    (tmp_path / "onethread.toml").write_text("listen = \n")
    with pytest.raises(SettingsError, match=r"onethread\.toml"):
        load_settings()
