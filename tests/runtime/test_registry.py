"""The registry reads manifests; a broken connector is one line, never a traceback at boot."""

import pytest

from core.connector import CONTRACT_VERSION, Connector, Intake, Manifest
from core.errors import BadConfig
from router.runtime.registry import ChannelEntry, Registry


def _manifest(**fields: object) -> Manifest:
    return Manifest(
        **{
            "channel": "x",
            "name": "X",
            "contract": CONTRACT_VERSION,
            "realm": "x",
            "intake": (Intake.STREAM,),
            "entry": "nowhere.at_all:X",
            **fields,
        }  # type: ignore[arg-type]  # a test names real fields
    )


def test_every_shipped_connector_can_be_loaded() -> None:
    registry = Registry()
    entries = registry.channels()

    assert entries
    for entry in entries:
        assert entry.problem is None
        assert issubclass(registry.load(entry.channel), Connector)


def test_unknown_channel_names_the_known_ones() -> None:
    registry = Registry([ChannelEntry(channel="x", manifest=_manifest())])

    with pytest.raises(BadConfig, match=r"no channel 'y'; there are: x"):
        registry.manifest("y")


def test_connector_whose_code_is_missing_is_refused_in_one_sentence() -> None:
    registry = Registry([ChannelEntry(channel="x", manifest=_manifest())])

    with pytest.raises(BadConfig, match="cannot be loaded"):
        registry.load("x")


def test_entry_that_is_no_connector_is_refused() -> None:
    manifest = _manifest(entry="core.clock:SystemClock")
    registry = Registry([ChannelEntry(channel="x", manifest=manifest)])

    with pytest.raises(BadConfig, match="no Connector"):
        registry.load("x")


def test_problem_of_a_connector_is_what_ops_are_told() -> None:
    entry = ChannelEntry(channel="x", manifest=_manifest(), problem="it needs y: pip install y")

    with pytest.raises(BadConfig, match="pip install y"):
        Registry([entry]).manifest("x")
