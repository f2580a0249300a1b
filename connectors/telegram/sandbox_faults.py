"""What a test can make the network do wrong, to the next call or to all that fit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from connectors.telegram.sandbox_answers import Refusal, bad, forbidden, too_many, upgraded

GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body></body></html>"


class When(Enum):
    BEFORE = "before"
    """Nothing has happened: the call is lost."""
    AFTER = "after"
    """It was done, and the answer is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    refusal: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """An answer from in front of the Bot API, that is no JSON of it."""

    status: int = 502
    body: bytes = GATEWAY_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """No answer until the caller gives up, or `Faults.release`."""

    when: When


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The connection breaks. `bytes_sent`: so much of the answer's body gets through."""

    when: When
    bytes_sent: int = 0


Fault = Refuse | Break | Hang | Cut


@dataclass(slots=True)
class _Waiting:
    fault: Fault
    method: str
    chat: int | None
    times: int | None


class Faults:
    """In the order in which they were set; each is met by the next call that fits it."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []

    def add(
        self,
        fault: Fault,
        *,
        method: str = "send*",
        chat: int | None = None,
        times: int | None = 1,
    ) -> None:
        """`method`: of the Bot API, "file" for downloads; with a star: whatever begins so, but a
        chat's action ("typing") is none of the sends.

        `chat`: only calls about this one. `times` None: for ever.
        """
        self._waiting.append(_Waiting(fault, method.lower(), chat, times))

    def clear(self) -> None:
        self._waiting.clear()

    @contextmanager
    def during(self, fault: Fault, *, method: str = "*") -> Iterator[None]:
        """All calls meet it inside the block."""
        self.add(fault, method=method, times=None)
        last = self._waiting[-1]
        try:
            yield
        finally:
            self._waiting.remove(last)

    def take(self, method: str, chat: str) -> Fault | None:
        """What this call meets. `method` in lower case, `chat` as it was asked for."""
        for one in self._waiting:
            if _fits(one, method, chat):
                if one.times is not None:
                    one.times -= 1
                    if not one.times:
                        self._waiting.remove(one)
                return one.fault
        return None


def _fits(one: _Waiting, method: str, chat: str) -> bool:
    if one.chat is not None and chat != str(one.chat):
        return False
    if one.method == "send*":
        return method.startswith("send") and method != "sendchataction"
    if one.method.endswith("*"):
        return method.startswith(one.method[:-1])
    return method == one.method


def wait(seconds: int) -> Refuse:
    """429: told to wait this long."""
    return Refuse(refusal=too_many(seconds))


def migrated(new_chat: int) -> Refuse:
    """400 with migrate_to_chat_id."""
    return Refuse(refusal=upgraded(new_chat))


def refused(reason: str, code: int = 400) -> Refuse:
    """`reason` as the real server words it, without the prefix of its code."""
    return Refuse(refusal=Refusal(code, reason))


BLOCKED = Refuse(refusal=forbidden("bot was blocked by the user"))
DEACTIVATED = Refuse(refusal=forbidden("user is deactivated"))
CANNOT_BEGIN = Refuse(refusal=forbidden("bot can't initiate conversation with a user"))
KICKED = Refuse(refusal=forbidden("bot was kicked from the group chat"))
NOT_A_MEMBER = Refuse(refusal=forbidden("bot is not a member of the supergroup chat"))
CHAT_DELETED = Refuse(refusal=forbidden("the group chat was deleted"))
CHAT_NOT_FOUND = Refuse(refusal=bad("chat not found"))
UNAUTHORIZED = Refuse(refusal=Refusal(401))
INTERNAL = Refuse(refusal=Refusal(500))
BAD_GATEWAY = Break()
HANG_BEFORE = Hang(when=When.BEFORE)
HANG_AFTER = Hang(when=When.AFTER)
CUT_BEFORE = Cut(when=When.BEFORE)
CUT_AFTER = Cut(when=When.AFTER)
CUT_IN_ANSWER = Cut(when=When.AFTER, bytes_sent=20)
