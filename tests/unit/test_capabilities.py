"""Capabilities claim nothing by default, and can be handed on as data."""

import msgspec
import pytest

from core.capabilities import Capabilities, Receipt, TextFormat
from core.connector import Connector
from core.testing.checks.abilities import METHOD_OF

FLAGS = [f.name for f in msgspec.structs.fields(Capabilities) if f.type is bool]


@pytest.mark.parametrize("flag", FLAGS)
def test_nothing_is_claimed_unless_it_is_said(flag: str) -> None:
    assert getattr(Capabilities(), flag) is False


def test_by_default_a_network_takes_plain_texts_and_nothing_else() -> None:
    found = Capabilities()
    assert found.formats == (TextFormat.PLAIN,)
    assert found.receipts == (Receipt.ACCEPTED,)
    assert found.files.max_count == 0
    assert found.text.length is None


def test_capabilities_come_back_from_json_as_they_were() -> None:
    found = Capabilities(edit=True, receipts=(Receipt.ACCEPTED, Receipt.READ))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Capabilities) == found


@pytest.mark.parametrize(("flag", "method"), METHOD_OF.items())
def test_every_optional_method_has_its_flag(flag: str, method: str) -> None:
    assert flag in FLAGS
    assert callable(getattr(Connector, method))
