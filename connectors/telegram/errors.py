"""What python-telegram-bot raises, as the errors of the contract. Pure.

The server tells its reasons in words only (tdlib/telegram-bot-api): https://core.telegram.org/api/errors
"""

from collections.abc import Sequence
from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    TelegramError,
)

from connectors.telegram.transport import NotConnected, Refused
from core.errors import (
    AuthRefused,
    BadConfig,
    ConnectorError,
    ContentRejected,
    GoneBecause,
    OutcomeUnknown,
    PermanentError,
    PlaceGone,
    RateLimited,
    RecipientGone,
    TransientError,
    Unsupported,
)

SHORTEST_WAIT = timedelta(seconds=1)
CLEAR_FAILURES = frozenset({501, 503})
"""Of the 5xx: nothing was begun (RFC 9110, 15.6). A 502 or 504 is of a gateway that had passed the
request on, and a Bot API server that stops says 500 "restart" of messages that are on their way."""
DONE = ("message is not modified", "message to delete not found")

_PERSON: Sequence[tuple[str, str, GoneBecause]] = (
    ("blocked by the user", "They have blocked the bot on Telegram.", GoneBecause.BLOCKED),
    ("user_is_blocked", "They have blocked the bot on Telegram.", GoneBecause.BLOCKED),
    ("deactivated", "They have deleted their Telegram account.", GoneBecause.DEACTIVATED),
    (
        "can't initiate conversation",
        "On Telegram only the person can begin: they have not yet.",
        GoneBecause.NEVER_WROTE,
    ),
    (
        "can't send messages to bots",
        "They are a bot; Telegram lets no bot write to another.",
        GoneBecause.UNTOLD,
    ),
    ("bot to bot", "They are a bot; Telegram lets no bot write to another.", GoneBecause.UNTOLD),
    (
        "privacy_restricted",
        "Their privacy settings on Telegram let the bot not write to them.",
        GoneBecause.CLOSED,
    ),
    ("user not found", "Telegram does not know them.", GoneBecause.DEACTIVATED),
)
_PLACE: Sequence[tuple[str, str]] = (
    ("group chat was deactivated", "This group exists no more."),
    ("was kicked", "The bot was removed from this group."),
    ("not a member", "The bot is not in this group."),
    ("chat was deleted", "This group was deleted."),
    ("channel_private", "The bot has no access to this group any more."),
    ("topic_closed", "This topic is closed."),
    ("topic_deleted", "This topic was deleted."),
    ("message thread not found", "This topic was deleted."),
    ("topic not found", "This topic was deleted."),
    ("business_peer_usage_missing", "The business account may answer only within 24 hours."),
    ("business", "The business account does not let the bot answer any more."),
    ("write_forbidden", "The bot may not write here."),
    ("rights", "The bot may not write here."),
    ("chat_restricted", "The bot may not write here."),
)
_CONTENT: Sequence[tuple[str, str]] = (
    ("too long", "The text is longer than Telegram takes."),
    ("parse entities", "Telegram cannot read the formatting of the text."),
    ("text is empty", "Telegram takes no message without text."),
    ("must be non-empty", "Telegram takes no message without text."),
    ("voice_messages_forbidden", "They take no voice messages on Telegram."),
    *(
        (f"rights to send {kind}", "This group does not let the bot send files of this kind.")
        for kind in ("photos", "videos", "documents", "audios", "music", "voice", "animations")
    ),
    ("too big", "The file is larger than Telegram takes."),
    ("too large", "The file is larger than Telegram takes."),
    ("file must be non-empty", "Telegram takes no empty files."),
    ("wrong file", "Telegram cannot use this file."),
    ("image_process_failed", "Telegram cannot use this picture."),
    ("photo_", "Telegram cannot use this picture."),
    ("media_", "Telegram cannot use these files together."),
)


def from_telegram(error: TelegramError, *, sends: bool, is_private: bool = True) -> ConnectorError:
    """`sends`: whether people would see what was asked for, so that silence leaves it unknown."""
    said = str(error)
    match error:
        case Refused():
            return _from_status(error, sends=sends)
        case NotConnected():
            return _unreachable(said)
        case ChatMigrated():
            return TransientError("The group has become a supergroup: sent there next.")
        case InvalidToken():
            return AuthRefused(
                "Telegram refuses the bot's token. If it was revoked, set the new one.",
                detail=said,
            )
        case Conflict():
            return TransientError(
                "Another program asks Telegram for this bot's updates.", detail=said
            )
        case Forbidden():
            return _from_words(said, is_private=is_private, is_forbidden=True)
        case BadRequest():
            return _from_words(said, is_private=is_private, is_forbidden=False)
        case _ if sends:
            return OutcomeUnknown(
                "The connection with Telegram broke before the answer came.", detail=said
            )
        case _:
            return TransientError("Telegram did not answer.", detail=said)


def cannot_tell(error: Refused) -> bool:
    """Whether a server that says nothing of the token or of limits refused a question: not every
    one knows every method, nor says so in Telegram's words."""
    return error.status == 404 or error.status >= 500


def is_webhook_conflict(error: TelegramError) -> bool:
    """Whether polling is refused because a webhook is set."""
    return isinstance(error, Conflict) and "webhook" in str(error).lower()


def is_done(error: TelegramError) -> bool:
    """Whether an edit or a deletion was refused because all is so already."""
    return isinstance(error, BadRequest) and any(one in str(error).lower() for one in DONE)


def _from_status(error: Refused, *, sends: bool) -> ConnectorError:
    said = str(error)
    match error.status:
        case 429:
            wait = timedelta(seconds=error.retry_after or 0)
            # Telegram does not say whether the chat or the whole bot is meant.
            return RateLimited(
                "Telegram asks the bot to wait.",
                retry_after=max(wait, SHORTEST_WAIT),
                scope="account",
                detail=said,
            )
        case 404 if "method not found" not in said:
            return BadConfig("There is no Bot API server at api_base_url.", detail=said)
        case 404:
            return Unsupported("This Bot API server does not know the method.", detail=said)
        case 413:
            return ContentRejected("The file is larger than Telegram takes.", detail=said)
        case status if sends and status >= 500 and status not in CLEAR_FAILURES:
            return OutcomeUnknown(f"Telegram had trouble with it (HTTP {status}).", detail=said)
        case _:
            return TransientError(f"Telegram has trouble (HTTP {error.status}).", detail=said)


def _unreachable(said: str) -> ConnectorError:
    if "egress_allow" in said:
        return BadConfig(
            "The Bot API server is inside your network: allow its address with egress_allow.",
            detail=said,
        )
    return TransientError("There is no connection with Telegram.", detail=said)


def _from_words(said: str, *, is_private: bool, is_forbidden: bool) -> ConnectorError:
    words = said.lower()
    for kinds, kind in ((_CONTENT, ContentRejected), (_PLACE, PlaceGone)):
        for pattern, sentence in kinds:
            if pattern in words:
                return kind(sentence, detail=said)
    for pattern, sentence, because in _PERSON:
        if pattern in words:
            return RecipientGone(sentence, because=because, detail=said)
    if is_forbidden or "chat not found" in words or "peer_id_invalid" in words:
        if is_private:
            return RecipientGone("Telegram does not let the bot write to them.", detail=said)
        return PlaceGone("Telegram does not let the bot write there.", detail=said)
    return PermanentError(f"Telegram refuses it: {said}", detail=said)
