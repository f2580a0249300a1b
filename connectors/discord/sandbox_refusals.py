"""How the sandbox's REST API says no: Discord's JSON error codes with their HTTP status."""

from typing import Any

SENTENCES: dict[int, tuple[int, str]] = {
    10002: (404, "Unknown Application"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    20016: (429, "This action cannot be performed due to slowmode rate limit"),
    20028: (429, "The channel you are writing has hit the write rate limit"),
    30010: (400, "Maximum number of reactions reached (20)"),
    40003: (403, "You are opening direct messages too fast"),
    40005: (413, "Request entity too large. Try sending something smaller in size"),
    40058: (400, "Cannot send a message in a forum channel"),
    40060: (400, "Interaction has already been acknowledged"),
    40067: (400, "A tag is required to create a forum post in this channel"),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50016: (
        400,
        "Provided too few or too many messages to delete. Must provide at least 2 and fewer than "
        "100 messages to delete",
    ),
    50021: (403, "Cannot execute action on a system message"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid webhook token provided"),
    50033: (400, "Invalid Recipient(s)"),
    50034: (400, "A message provided was too old to bulk delete"),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50278: (403, "Cannot send messages to this user due to having no mutual guilds"),
    160002: (403, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
    160014: (400, "You cannot forward a message whose content you cannot read"),
    160005: (400, "Thread is locked"),
}


class Refusal(Exception):
    """An answer that is no success. `code` is Discord's."""

    def __init__(self, status: int, code: int, sentence: str, **more: Any) -> None:
        super().__init__(f"{status} {code}: {sentence}")
        self.status = status
        self.code = code
        self.body: dict[str, Any] = {"message": sentence, "code": code, **more}


def refusal(code: int) -> Refusal:
    status, sentence = SENTENCES[code]
    more = {"retry_after": 5.0, "global": False} if status == 429 else {}
    return Refusal(status, code, sentence, **more)


def unauthorized() -> Refusal:
    return Refusal(401, 0, "401: Unauthorized")


def not_found() -> Refusal:
    return Refusal(404, 0, "404: Not Found")


def invalid(field: str, reason: str, sentence: str) -> Refusal:
    """50035 at one field; `field` is a path such as `embeds.0.title`."""
    nested: dict[str, Any] = {"_errors": [{"code": reason, "message": sentence}]}
    for name in reversed(field.split(".")):
        nested = {name: nested}
    return Refusal(400, 50035, "Invalid Form Body", errors=nested)


def required(field: str) -> Refusal:
    return invalid(field, "BASE_TYPE_REQUIRED", "This field is required")


def too_long(field: str, longest: int) -> Refusal:
    return invalid(field, "BASE_TYPE_MAX_LENGTH", f"Must be {longest} or fewer in length.")
