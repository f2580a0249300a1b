"""What the ladder asks of channels, without knowing which there are."""

from collections.abc import Callable
from dataclasses import dataclass

from core.messages import IdentityAddress, Place
from router.services.outbound.formatting import WireOf
from router.services.outbound.reaching import CapabilitiesOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """Made of the registry. Each takes a channel first, and all but `place_of` raise BadConfig
    where it cannot run.
    """

    capabilities_of: CapabilitiesOf
    wire_of: WireOf
    realm_of: Callable[[str], str]
    is_local: Callable[[str], bool]
    """Whether the router itself is the network: what is written to its place is seen there."""
    place_of: Callable[[str, IdentityAddress], Place | None]
    """Where somebody is written to alone whom we never met there. None: nowhere."""
