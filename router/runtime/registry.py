"""Which channels there are: read from manifests without importing a connector's code."""

import importlib
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

import msgspec

from core.errors import BadConfig
from core.manifest import CONTRACT_VERSION, Manifest

if TYPE_CHECKING:
    from core.connector import Connector

ENTRY_POINTS = "onethread.connectors"
OWN_PACKAGE = "connectors"
PROGRAMMERS_PART = "\n## What is where"


class ChannelEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One channel that could be read. With a `problem` it cannot run, and this is why."""

    channel: str
    manifest: Manifest | None
    problem: str | None = None


class Registry:
    """Reads manifests once. Connectors are imported when an account needs them."""

    def __init__(self, entries: list[ChannelEntry] | None = None) -> None:
        self._entries = {
            entry.channel: entry for entry in (entries if entries is not None else _discover())
        }

    def channels(self) -> list[ChannelEntry]:
        return [self._entries[name] for name in sorted(self._entries)]

    def manifest(self, channel: str) -> Manifest:
        """Raises BadConfig for an unknown channel or one that cannot run."""
        entry = self._entries.get(channel)
        if entry is None:
            known = ", ".join(sorted(self._entries))
            raise BadConfig(f"There is no channel {channel!r}; there are: {known}.")
        if entry.manifest is None or entry.problem is not None:
            raise BadConfig(f"The channel {channel!r} cannot run: {entry.problem}")
        return entry.manifest

    def load(self, channel: str) -> "type[Connector]":
        """Import the connector. Raises BadConfig with the reason in one sentence."""
        from core.connector import Connector

        found = load_object(self.manifest(channel).entry)
        if not (isinstance(found, type) and issubclass(found, Connector)):
            raise BadConfig(f"The entry of {channel!r} is no Connector.")
        return found

    def guide(self, channel: str) -> str:
        """The connector's README as far as it is for ops: what is below "What is where" is for
        programmers. Raises BadConfig; empty: it has none.
        """
        package = self.manifest(channel).entry.partition(":")[0].rpartition(".")[0]
        try:
            whole = (files(package) / "README.md").read_text("utf-8")
        except (OSError, ImportError, ValueError):
            return ""
        return whole.partition(PROGRAMMERS_PART)[0].rstrip()


def load_object(path: str) -> Any:
    """What `package.module:name` names. Raises BadConfig."""
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise BadConfig(f"{path} cannot be loaded: {error}") from error


def _discover() -> list[ChannelEntry]:
    return [_read(name, folder) for name, folder in _folders()]


def _folders() -> Iterator[tuple[str, Traversable]]:
    for folder in sorted(files(OWN_PACKAGE).iterdir(), key=lambda one: one.name):
        if folder.is_dir() and (folder / "manifest.toml").is_file():
            yield folder.name, folder
    for point in entry_points(group=ENTRY_POINTS):
        try:
            yield point.name, files(point.value)
        except (ImportError, TypeError):
            yield point.name, _Missing()  # type: ignore[misc]  # stands for a folder


class _Missing:
    """Stands for a package that an entry point names and that cannot be found."""

    def __truediv__(self, name: str) -> "_Missing":
        return self

    def read_bytes(self) -> bytes:
        raise FileNotFoundError("its package cannot be imported")


def _read(name: str, folder: Any) -> ChannelEntry:
    try:
        manifest = msgspec.convert(
            tomllib.loads((folder / "manifest.toml").read_bytes().decode()), Manifest
        )
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        return ChannelEntry(channel=name, manifest=None, problem=f"manifest.toml: {error}")
    return ChannelEntry(channel=manifest.channel, manifest=manifest, problem=_problem(manifest))


def _problem(manifest: Manifest) -> str | None:
    if manifest.contract != CONTRACT_VERSION:
        return (
            f"it was written for contract {manifest.contract}, this is {CONTRACT_VERSION}:"
            " install a matching version of it"
        )
    missing = [name for name in manifest.requires if not _is_installed(name)]
    if missing:
        return f"it needs {', '.join(missing)}: pip install {' '.join(missing)}"
    return None


def _is_installed(requirement: str) -> bool:
    """Whether the distribution is there; which version is pip's business."""
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
