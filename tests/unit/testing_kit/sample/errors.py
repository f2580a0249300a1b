"""What aiohttp and the network say, as the contract's errors."""

from datetime import timedelta

import aiohttp

from core.errors import (
    AuthRefused,
    ConnectorError,
    ContentRejected,
    OutcomeUnknown,
    PermanentError,
    PlaceGone,
    RateLimited,
    RecipientGone,
    TransientError,
)


class Missing(PermanentError):
    """There is no such message any more."""

    code = "missing"


def of_answer(status: int, code: str, retry_after: str | None) -> ConnectorError:
    match status, code:
        case 401, _:
            return AuthRefused("the network refuses our token")
        case 429, _:
            return RateLimited("slow down", retry_after=timedelta(seconds=float(retry_after or 1)))
        case 404, _:
            return Missing("the message is not there any more")
        case 410, "person":
            return RecipientGone("the person is gone")
        case 410, _:
            return PlaceGone("the place is gone")
        case 422, _:
            return ContentRejected("the network refuses this content")
        case status, _ if status >= 500:
            return TransientError(f"the network is in trouble ({status})")
        case _:
            return PermanentError(f"the network refuses ({status} {code})")


def of_failure(error: aiohttp.ClientError | TimeoutError, *, may_have_left: bool) -> ConnectorError:
    if isinstance(error, aiohttp.ClientConnectorError) or not may_have_left:
        return TransientError("the network cannot be reached")
    return OutcomeUnknown("the line broke before the answer")
