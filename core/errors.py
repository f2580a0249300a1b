"""What a connector may raise, and so what the router does next. The message is shown to ops."""

from datetime import timedelta
from enum import StrEnum
from typing import Literal

LimitScope = Literal["place", "account"]


class GoneBecause(StrEnum):
    """Why somebody cannot be written to, as far as the network tells."""

    UNTOLD = "untold"
    BLOCKED = "blocked"
    """They shut us out."""
    CLOSED = "closed"
    """They take no direct messages, from us or from anybody."""
    NO_COMMON_PLACE = "no_common_place"
    """The network wants us both in one group or server first."""
    NEVER_WROTE = "never_wrote"
    """Only they can begin, and have not."""
    BOUNCED = "bounced"
    """The address does not exist, or takes nothing."""
    DEACTIVATED = "deactivated"
    """Their account on the network is no more."""
    SENT_AWAY = "sent_away"
    """The place is gone, closed, or we may not write in it any more."""


class ConnectorError(Exception):
    """Base of everything that a connector tells the router about a failure."""

    code = "connector_error"

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail
        """For the log and the ops page; the message itself is for whoever reads the inbox."""


class TransientError(ConnectorError):
    """Nothing was sent; the same delivery may be tried again."""

    code = "transient"

    def __init__(
        self, message: str, *, retry_after: timedelta | None = None, detail: str = ""
    ) -> None:
        super().__init__(message, detail=detail)
        self.retry_after = retry_after


class RateLimited(ConnectorError):
    """The network told us to wait. Nothing was sent, and no attempt is used up."""

    code = "rate_limited"

    def __init__(
        self,
        message: str,
        *,
        retry_after: timedelta,
        scope: LimitScope = "place",
        detail: str = "",
    ) -> None:
        super().__init__(message, detail=detail)
        self.retry_after = retry_after
        self.scope: LimitScope = scope


class OutcomeUnknown(ConnectorError):
    """Bytes left and no answer came: it may have been sent. Never blindly resent."""

    code = "outcome_unknown"


class PermanentError(ConnectorError):
    """It was refused and always will be."""

    code = "permanent"


class RecipientGone(PermanentError):
    """The person cannot be reached there any more: blocked, deactivated, address unknown."""

    code = "recipient_gone"

    def __init__(
        self, message: str, *, because: GoneBecause = GoneBecause.UNTOLD, detail: str = ""
    ) -> None:
        super().__init__(message, detail=detail)
        self.because = because


class PlaceGone(PermanentError):
    """The place is deleted, archived for ever, or closed to us; the person may be elsewhere."""

    code = "place_gone"


class ContentRejected(PermanentError):
    """The network refuses this content: too long, too large, not parseable, forbidden."""

    code = "content_rejected"


class Unsupported(PermanentError):
    """This channel has no such operation. Also the default of every optional method."""

    code = "unsupported"


class AccountError(ConnectorError):
    """The account itself is broken; its queue waits and ops are told."""

    code = "account_error"


class AuthRefused(AccountError):
    """The network refuses our credentials."""

    code = "auth_refused"


class BadConfig(AccountError):
    """The configuration cannot work as it is; the message names the field and the fix."""

    code = "bad_config"


class UnreadableEvent(ConnectorError):
    """One inbound thing that could not be converted. The caller turns it into `Unreadable`."""

    code = "unreadable"


class AttestationRefused(ConnectorError):
    """A token that should prove who writes does not. The message is for the log, not the caller."""

    code = "attestation_refused"

    def __init__(self, message: str, *, detail: str = "", reason: str = "unproven") -> None:
        super().__init__(message, detail=detail)
        self.reason = reason
        """One of a fixed few words, such as `expired`: refusals are counted by it."""
