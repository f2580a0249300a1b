"""What the sandbox answers: a result, or a refusal in the words of the real server."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

_PREFIXES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
}


@dataclass
class Refusal(Exception):
    """`{"ok": false, ...}`; the HTTP status is its `code`."""

    code: int
    reason: str = ""
    """Without the prefix that goes with the code."""
    parameters: dict[str, int] = field(default_factory=dict)

    @property
    def description(self) -> str:
        prefix = _PREFIXES.get(self.code) or HTTPStatus(self.code).phrase
        return f"{prefix}: {self.reason}" if self.reason else prefix

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad(reason: str) -> Refusal:
    return Refusal(400, reason)


def forbidden(reason: str) -> Refusal:
    return Refusal(403, reason)


def too_many(seconds: int) -> Refusal:
    """Told to wait this long."""
    return Refusal(429, f"retry after {seconds}", {"retry_after": seconds})


def upgraded(new_chat: int) -> Refusal:
    """The group goes on as this supergroup."""
    reason = "group chat was upgraded to a supergroup chat"
    return Refusal(400, reason, {"migrate_to_chat_id": new_chat})
