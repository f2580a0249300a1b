"""What a connector's `manifest.toml` says of it, read without importing its code."""

from enum import StrEnum

import msgspec

CONTRACT_VERSION = 1
"""A connector's manifest names the version that it was written for."""


class Intake(StrEnum):
    """How messages come in, declared in the manifest."""

    STREAM = "stream"
    """`receive` runs under the account's lease."""
    WEBHOOK = "webhook"
    """The network calls `/hooks/<account>/...`, on any node."""
    LOCAL = "local"
    """The router itself is the network: visitors hold sockets to it. See `LocalConnector`."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`manifest.toml`: read without importing the connector's code."""

    channel: str
    name: str
    contract: int
    realm: str
    """The realm of its senders; `<site>` in it is replaced by the account's site."""
    intake: tuple[Intake, ...]
    entry: str
    """`package.module:Class`."""
    requires: tuple[str, ...] = ()
    """Distributions that must be importable."""
    summary: str = ""
    color: str = "#64748b"
    """Of the channel's badge. The badge's icon is `icon`, an SVG path for a 24x24 box."""
    icon: str = ""
    sandbox: str = ""
    """`package.module:Class` of its `core.sandbox.Sandbox`. Or empty."""
    inspect: str = ""
    """`package.module:function`: raw bytes and options (names to values, both text) -> what it
    reads in them, as JSON types. Raises BadConfig for an option that does not exist. Or empty."""
