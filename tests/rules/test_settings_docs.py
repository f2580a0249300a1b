"""Each page of docs/channels names every setting of its channel."""

from importlib import import_module

import pytest

from tests.rules.sources import ROOT

PAGES = {page.stem: page for page in sorted((ROOT / "docs" / "channels").glob("*.md"))}
CASES = [
    (channel, name)
    for channel in PAGES
    for name in import_module(f"connectors.{channel}.config").Config.model_fields
]


@pytest.mark.parametrize(("channel", "name"), CASES)
def test_setting_is_named_on_its_channels_page(channel: str, name: str) -> None:
    assert f"`{name}`" in PAGES[channel].read_text(encoding="utf-8")
