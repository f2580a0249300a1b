"""Whether a place can be written to now, and by what channel."""

from collections.abc import Callable

from core.capabilities import Capabilities
from core.errors import BadConfig
from router.services.errors import Conflict
from router.storage.replies import Reach
from router.storage.unit_of_work import UnitOfWork

CapabilitiesOf = Callable[[str], Capabilities]
"""What a channel can do, by its name. Raises BadConfig where it cannot run."""


def check_reach(work: UnitOfWork, reach: Reach, capabilities_of: CapabilitiesOf) -> Capabilities:
    """What the place's channel can do. Raises Conflict `place_unavailable` with the reason."""
    if reach.account_state == "removed":
        raise unavailable("This account was removed.")
    if not reach.is_reachable:
        raise unavailable(reach.unreachable_reason or "They cannot be reached there any more.")
    try:
        capabilities = capabilities_of(reach.channel)
    except BadConfig as error:
        raise unavailable(str(error)) from error
    window = capabilities.session_window
    wrote_at = reach.last_inbound_at
    if window is not None and (wrote_at is None or work.now() - wrote_at > window):
        raise unavailable("They wrote there too long ago: this channel takes no answer now.")
    return capabilities


def unavailable(reason: str) -> Conflict:
    return Conflict(reason, code="place_unavailable")
