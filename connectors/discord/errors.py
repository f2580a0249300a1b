"""What discord.py and the network raise, as the errors of the contract.

Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from collections.abc import Mapping
from datetime import timedelta

import aiohttp

from connectors.discord.library import discord
from core.errors import (
    AuthRefused,
    BadConfig,
    ConnectorError,
    ContentRejected,
    GoneBecause,
    LimitScope,
    OutcomeUnknown,
    PermanentError,
    PlaceGone,
    RateLimited,
    RecipientGone,
    TransientError,
)

FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError)
"""What a call of the client may raise."""
DEFAULT_WAIT = timedelta(seconds=30)
BAN_WAIT = timedelta(hours=1)
"""When the proxy before Discord refuses us, and does not say for how long."""
OPENING_WAIT = timedelta(minutes=10)
"""After direct chats were opened too fast."""
CLEAR_FAILURES = frozenset({503})
"""Of the 5xx: surely nothing was done. After the others the message may be there."""

_PERMANENT: Mapping[int, type[PermanentError]] = {
    10003: PlaceGone,
    10004: PlaceGone,
    10013: RecipientGone,
    20009: ContentRejected,
    40005: ContentRejected,
    40058: PlaceGone,
    50001: PlaceGone,
    50006: ContentRejected,
    50007: RecipientGone,
    50008: PlaceGone,
    50035: ContentRejected,
    50083: PlaceGone,
    50278: RecipientGone,
    160005: PlaceGone,
    200000: ContentRejected,
    200001: ContentRejected,
    240000: ContentRejected,
}
_GONE: Mapping[int, GoneBecause] = {
    10013: GoneBecause.DEACTIVATED,
    50007: GoneBecause.CLOSED,
    50278: GoneBecause.NO_COMMON_PLACE,
}
_SENTENCES: Mapping[int, str] = {
    10003: "This channel or thread is gone.",
    10004: "This server is gone, or the bot was removed from it.",
    10008: "This message is gone.",
    10013: "This person is not known to Discord any more.",
    20009: "Discord takes this content in channels with an age limit only.",
    40005: "Discord refuses it: it is too large.",
    40058: "Nothing can be written in a forum itself, only in its posts.",
    40067: "This forum wants a tag on each post.",
    50001: "The bot may not see this channel any more.",
    50006: "Discord refuses an empty message.",
    50007: "This person takes no direct messages from the bot.",
    50008: "Nothing can be written in this channel, only in its threads.",
    50013: "The bot lacks a permission that is needed here.",
    50035: "Discord refuses the form of this message.",
    50083: "This thread is archived.",
    50278: "The bot shares no server with this person, so it cannot write to them.",
    160002: "The bot may not answer here: it lacks the permission to read the history.",
    160005: "This thread is locked.",
    200000: "The server's rules refuse words of this message.",
    200001: "The server's rules refuse this message.",
    240000: "The server's rules refuse a link of this message.",
}
SLOWED = frozenset({20016, 20022, 20028, 40003})
"""Told to wait by another answer than a plain 429."""
OVERLOADED = frozenset({40004, 130000})


class TooManyRequests(discord.HTTPException):
    """A 429, or what would have become one: nothing was done."""

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        message: dict[str, object] | str,
        *,
        retry_after: timedelta,
        scope: LimitScope,
    ) -> None:
        super().__init__(response, message)
        self.retry_after = retry_after
        self.scope: LimitScope = scope


class Held(discord.DiscordException):
    """We did not ask, because the answer is known: wait. Nothing has left."""

    def __init__(self, retry_after: timedelta, scope: LimitScope) -> None:
        super().__init__("held back before a request")
        self.retry_after = retry_after
        self.scope: LimitScope = scope


def from_failure(
    error: BaseException, *, may_have_left: bool = False, is_change: bool = False
) -> ConnectorError:
    """What the router shall know of it. `is_change`: an edit or a deletion, not a new message."""
    match error:
        case ConnectorError():
            return error
        case Held():
            return RateLimited(
                "Discord asks us to wait.", retry_after=error.retry_after, scope=error.scope
            )
        case discord.RateLimited():
            return RateLimited(
                "Discord asks us to wait.", retry_after=timedelta(seconds=error.retry_after)
            )
        case discord.LoginFailure():
            return AuthRefused("Discord refuses the bot token.")
        case discord.HTTPException():
            return _from_answer(error, may_have_left=may_have_left, is_change=is_change)
        case aiohttp.ClientConnectorError() if "egress_allow" in str(error.os_error):
            return BadConfig(
                "The network's address is inside yours: allow it with egress_allow.",
                detail=str(error.os_error),
            )
        case aiohttp.ClientConnectorError() | aiohttp.ClientConnectorDNSError():
            return TransientError("Discord cannot be reached.", detail=type(error).__name__)
        case _ if may_have_left:
            return OutcomeUnknown(
                "The line to Discord broke before an answer.", detail=type(error).__name__
            )
        case _:
            return TransientError(
                "The line to Discord broke before an answer.", detail=type(error).__name__
            )


def from_close_code(code: int | None) -> ConnectorError:
    """Of a gateway that closed the connection.

    https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
    """
    match code:
        case 4004:
            return AuthRefused("Discord's gateway refuses the bot token.", detail="close 4004")
        case 4014:
            return BadConfig(
                "Discord does not allow this bot the message content intent: turn it on in the "
                "developer portal, page Bot, or turn reads_message_content off.",
                detail="close 4014",
            )
        case 4010 | 4011:
            return BadConfig(
                "This bot is on so many servers that Discord wants it to run in shards, which this "
                "connector does not do: use a bot of its own for the desk.",
                detail=f"close {code}",
            )
        case 4012 | 4013:
            return BadConfig(
                "Discord's gateway does not know this version or these intents: check gateway_url.",
                detail=f"close {code}",
            )
        case _:
            return TransientError(
                "Discord's gateway closed the connection.", detail=f"close {code}"
            )


def _from_answer(
    error: discord.HTTPException, *, may_have_left: bool, is_change: bool
) -> ConnectorError:
    detail = f"HTTP {error.status} code {error.code}"
    sentence = _SENTENCES.get(error.code, f"Discord refuses it ({detail}).")
    if error.status == 401:
        return AuthRefused("Discord refuses the bot token.", detail=detail)
    if error.status == 429 or error.code in SLOWED:
        return RateLimited(
            "Discord asks us to wait.",
            retry_after=_wait_of(error),
            scope=getattr(error, "scope", "place"),
            detail=detail,
        )
    if error.status >= 500 or error.code in OVERLOADED:
        if may_have_left and error.status >= 500 and error.status not in CLEAR_FAILURES:
            return OutcomeUnknown("Discord had trouble with it.", detail=detail)
        return TransientError("Discord has trouble.", detail=detail)
    kind = _PERMANENT.get(error.code, PermanentError)
    if is_change and kind is PlaceGone:
        # A thread that cannot be changed now may still be written in: that opens it again.
        kind = PermanentError
    if kind is RecipientGone:
        return RecipientGone(sentence, because=_GONE[error.code], detail=detail)
    return kind(sentence, detail=detail)


def _wait_of(error: discord.HTTPException) -> timedelta:
    told = getattr(error, "retry_after", None)
    if isinstance(told, timedelta):
        return told
    if error.code == 40003:
        return OPENING_WAIT
    header = error.response.headers.get("Retry-After", "")
    try:
        return max(timedelta(seconds=float(header)), timedelta(milliseconds=1))
    except ValueError:
        return DEFAULT_WAIT
