"""What Telegram's refusals mean, by the words of its server."""

from datetime import timedelta

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)

from connectors.telegram.errors import from_telegram, is_done, is_webhook_conflict
from connectors.telegram.transport import NotConnected, Refused
from core.errors import (
    AuthRefused,
    BadConfig,
    ConnectorError,
    ContentRejected,
    OutcomeUnknown,
    PermanentError,
    PlaceGone,
    RateLimited,
    RecipientGone,
    TransientError,
    Unsupported,
)


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (Forbidden("Forbidden: bot was blocked by the user"), RecipientGone),
        (Forbidden("Forbidden: user is deactivated"), RecipientGone),
        (Forbidden("Forbidden: bot can't initiate conversation with a user"), RecipientGone),
        (Forbidden("Forbidden: bot can't send messages to bots"), RecipientGone),
        (Forbidden("Forbidden: bot was kicked from the group chat"), PlaceGone),
        (Forbidden("Forbidden: bot was kicked from the supergroup chat"), PlaceGone),
        (Forbidden("Forbidden: bot is not a member of the channel chat"), PlaceGone),
        (Forbidden("Forbidden: the group chat was deleted"), PlaceGone),
        (Forbidden("Forbidden: something new"), RecipientGone),
        (BadRequest("Bad Request: chat not found"), RecipientGone),
        (BadRequest("Bad Request: PEER_ID_INVALID"), RecipientGone),
        (BadRequest("Bad Request: message thread not found"), PlaceGone),
        (BadRequest("Bad Request: TOPIC_CLOSED"), PlaceGone),
        (BadRequest("Bad Request: not enough rights to send text messages to the chat"), PlaceGone),
        (BadRequest("Bad Request: not enough rights to send photos to the chat"), ContentRejected),
        (BadRequest("Bad Request: BUSINESS_CONNECTION_INVALID"), PlaceGone),
        (BadRequest("Bad Request: BUSINESS_PEER_USAGE_MISSING"), PlaceGone),
        (BadRequest("Bad Request: message is too long"), ContentRejected),
        (BadRequest("Bad Request: message caption is too long"), ContentRejected),
        (BadRequest("Bad Request: can't parse entities: Unsupported start tag"), ContentRejected),
        (BadRequest("Bad Request: message text is empty"), ContentRejected),
        (BadRequest("Bad Request: file is too big"), ContentRejected),
        (BadRequest("Bad Request: PHOTO_INVALID_DIMENSIONS"), ContentRejected),
        (BadRequest("Bad Request: VOICE_MESSAGES_FORBIDDEN"), ContentRejected),
        (BadRequest("Bad Request: message can't be deleted"), PermanentError),
        (BadRequest("Bad Request: message to be replied not found"), PermanentError),
        (ChatMigrated(-5), TransientError),
        (InvalidToken("Unauthorized"), AuthRefused),
        (Conflict("Conflict: terminated by other getUpdates request"), TransientError),
        (Refused(500, "Internal Server Error: restart"), OutcomeUnknown),
        (Refused(502, "HTTP 502"), OutcomeUnknown),
        (Refused(503, "HTTP 503"), TransientError),
        (Refused(504, "HTTP 504"), OutcomeUnknown),
        (Refused(413, "Request Entity Too Large"), ContentRejected),
        (Refused(404, "Not Found: method not found"), Unsupported),
        (Refused(302, "HTTP 302"), TransientError),
        (NotConnected("not connected: refused"), TransientError),
        (NotConnected("10.0.0.1 is inside; allow it with egress_allow"), BadConfig),
        (TimedOut(), OutcomeUnknown),
        (NetworkError("connection lost"), OutcomeUnknown),
        (TelegramError("Invalid server response"), OutcomeUnknown),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, Exception) else "",
)
def test_row_of_the_table(error: TelegramError, meant: type[ConnectorError]) -> None:
    found = from_telegram(error, sends=True)
    assert type(found) is meant
    assert str(found).endswith((".", str(error)))


def test_same_words_mean_the_place_where_nobody_is_alone() -> None:
    for error in (Forbidden("Forbidden: x"), BadRequest("Bad Request: chat not found")):
        assert type(from_telegram(error, sends=True, is_private=False)) is PlaceGone


def test_silence_is_an_unknown_outcome_only_where_people_would_have_seen_it() -> None:
    for error in (TimedOut(), NetworkError("x"), Refused(504, "x")):
        assert isinstance(from_telegram(error, sends=False), TransientError)


def test_time_to_wait_is_what_telegram_said_and_of_the_whole_bot() -> None:
    limited = from_telegram(Refused(429, "Too Many Requests: retry after 17", 17), sends=True)
    assert isinstance(limited, RateLimited)
    assert (limited.retry_after, limited.scope) == (timedelta(seconds=17), "account")
    unsaid = from_telegram(Refused(429, "Too Many Requests"), sends=True)
    assert isinstance(unsaid, RateLimited)
    assert unsaid.retry_after == timedelta(seconds=1)


def test_what_is_so_already_is_done() -> None:
    assert is_done(
        BadRequest("Bad Request: message is not modified: specified new message content")
    )
    assert is_done(BadRequest("Bad Request: message to delete not found"))
    assert not is_done(BadRequest("Bad Request: message to edit not found"))
    assert not is_done(Forbidden("Forbidden: message is not modified"))


def test_conflict_with_a_webhook_is_told_from_one_with_a_poller() -> None:
    assert is_webhook_conflict(Conflict("Conflict: can't use getUpdates method while webhook is"))
    assert not is_webhook_conflict(Conflict("Conflict: terminated by other getUpdates request"))
