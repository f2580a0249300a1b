"""What is under test: a connector's class, its package on disk, its manifest."""

import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.connector import Connector, LocalConnector, Manifest
from core.testing.network import FakeNetwork
from core.testing.verdict import ConformanceFailure

MANIFEST = "manifest.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    connector: type[Connector]
    network: Callable[[], FakeNetwork] | None = None
    """None for a local connector: the router is its network."""

    @property
    def package(self) -> str:
        """Dotted name of the package that holds the connector."""
        return self.connector.__module__.rpartition(".")[0]

    @property
    def folder(self) -> Path:
        return Path(inspect.getfile(self.connector)).parent

    @property
    def is_local(self) -> bool:
        return issubclass(self.connector, LocalConnector)

    def manifest(self) -> Manifest:
        """As the router reads it. Raises ConformanceFailure where the router would refuse it."""
        path = self.folder / MANIFEST
        try:
            return msgspec.toml.decode(path.read_bytes(), type=Manifest)
        except FileNotFoundError as error:
            raise ConformanceFailure(f"{MANIFEST} is missing beside connector.py") from error
        except msgspec.MsgspecError as error:
            raise ConformanceFailure(f"{MANIFEST} cannot be read: {error}") from error


def overrides(connector: type[Connector], method: str) -> bool:
    """Whether the class, or one of its own bases, has a method of its own for this."""
    return getattr(connector, method) is not getattr(Connector, method)


def is_importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
