"""What a connector's author gives the kit: a stand-in of the network that does as it is told."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar

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
from core.messages import IdentityAddress, Participant, Place, ReportedState, ThreadKey
from core.rich_text import Span
from core.sandbox import SandboxAttachment
from core.testing.verdict import ConformanceFailure, Declined

SHORTEST_REASON = 10
"""Characters: a reason is a sentence for whoever reads the list of skips."""


class Fault(StrEnum):
    """What the network does to the next message: each row of the table in `core.errors`."""

    TRANSIENT = "transient"
    """It says "try again later" and takes nothing."""
    RATE_LIMITED = "rate_limited"
    """It says "wait", and how long."""
    UNKNOWN_TAKEN = "unknown_taken"
    """It takes the message and the line breaks before the answer."""
    UNKNOWN_LOST = "unknown_lost"
    """The line breaks with all bytes sent, and the message is lost."""
    PERMANENT = "permanent"
    """It refuses for ever, for no reason that the rows below name."""
    RECIPIENT_GONE = "recipient_gone"
    PLACE_GONE = "place_gone"
    CONTENT_REJECTED = "content_rejected"
    AUTH_REFUSED = "auth_refused"
    """It refuses our credentials, at this message or at the login that comes before it."""


ERROR_OF: Mapping[Fault, type[ConnectorError]] = {
    Fault.TRANSIENT: TransientError,
    Fault.RATE_LIMITED: RateLimited,
    Fault.UNKNOWN_TAKEN: OutcomeUnknown,
    Fault.UNKNOWN_LOST: OutcomeUnknown,
    Fault.PERMANENT: PermanentError,
    Fault.RECIPIENT_GONE: RecipientGone,
    Fault.PLACE_GONE: PlaceGone,
    Fault.CONTENT_REJECTED: ContentRejected,
    Fault.AUTH_REFUSED: AuthRefused,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message of ours as the far side sees it now: edits applied, deleted ones gone."""

    text: str
    spans: tuple[Span, ...] = ()
    """How it looks to them, in marks of ours."""
    subject: str = ""
    files: tuple[SandboxAttachment, ...] = ()
    copies: tuple[str, ...] = ()
    """Handles of the participants who got a copy."""
    answers: tuple[ThreadKey, ...] = ()
    """Which earlier messages it names as answered, in the connector's own thread keys."""


class FakeNetwork(ABC):
    """One account on a loopback stand-in of the network, with one person writing to it.

    A fresh one is made for every check. The abstract methods are needed from everybody; each
    of the others is either overridden, or declined with a reason in `cannot`.
    """

    hook_url: str = ""
    """Set before `start` if the intake is "webhook": where the network posts to. No end slash."""

    is_called: ClassVar[bool] = False
    """What comes in here comes by webhook, whatever else the manifest allows an account."""

    cannot: ClassVar[Mapping[str, str]] = {}
    """Method name, `say_files`, `read_marks`, or a Fault's value -> why no such network could ever
    do that."""

    @abstractmethod
    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""

    @abstractmethod
    async def stop(self) -> None:
        """Idempotent. From now on connections are refused."""

    @abstractmethod
    def account_config(self) -> Mapping[str, object]:
        """Settings of the account, as an operator would type them. Called after `start`."""

    @abstractmethod
    async def say(
        self, text: str, *, subject: str = "", files: Sequence[SandboxAttachment] = ()
    ) -> None:
        """The person writes. Where messages have no subject, it is ignored."""

    @abstractmethod
    async def repeat_last(self) -> None:
        """The network shows the last thing that was said once more, as the same update."""

    @abstractmethod
    def sent(self) -> Sequence[Arrival]:
        """What came from the account and was taken, oldest first."""

    @abstractmethod
    def request_count(self) -> int:
        """How many tries to deliver a message reached the network, refused ones included.

        Logins and lookups don't count.
        """

    @abstractmethod
    def fail_next(self, fault: Fault) -> None:
        """The next try to deliver meets this; the one after it goes well.

        AUTH_REFUSED also meets the next login or "who am I". Never called for what `cannot` names.
        """

    async def emit_junk(self) -> None:
        """The network sends something that nobody can read, though it is addressed to us."""
        raise self.declined("emit_junk")

    async def echo(self) -> None:
        """The network shows the account its own last message."""
        raise self.declined("echo")

    async def edit_last(self, text: str) -> None:
        """The person changes what they said last."""
        raise self.declined("edit_last")

    async def delete_last(self) -> None:
        """The person takes back what they said last."""
        raise self.declined("delete_last")

    async def edit_before_create(self, text: str, edited: str) -> None:
        """An edit is shown first, and only then the message that it belongs to."""
        raise self.declined("edit_before_create")

    async def reorder(self, first: str, second: str) -> None:
        """The person says `first`, then `second`; the network shows them the other way round."""
        raise self.declined("reorder")

    async def react_last(self, reaction: str) -> None:
        """The person puts a reaction on what they said last."""
        raise self.declined("react_last")

    async def report(self, state: ReportedState) -> None:
        """The network reports this of the last message of ours that it took."""
        raise self.declined("report")

    async def lose_history(self) -> timedelta:
        """Something is said that the account can never read. What follows comes again.

        By so much the clock is moved on before somebody reads again.
        """
        raise self.declined("lose_history")

    async def close_place(self) -> None:
        """A place that the account may write in is deleted, locked, or sends us away."""
        raise self.declined("close_place")

    async def open_place(self) -> None:
        """The same place takes what we say again."""
        raise self.declined("open_place")

    def signs(self) -> Sequence[str]:
        """The read marks ("read") and typing signs ("typing") that the person saw from us."""
        raise self.declined("signs")

    def stranger(self) -> tuple[Place, IdentityAddress]:
        """Somebody who never wrote, and where to reach them."""
        raise self.declined("stranger")

    def bystander(self) -> Participant:
        """Somebody to whom a copy can be sent."""
        raise self.declined("bystander")

    def declined(self, ability: str) -> Declined:
        """What to raise for an ability that this network lacks."""
        reason = self.cannot.get(ability, "").strip()
        if len(reason) < SHORTEST_REASON:
            raise ConformanceFailure(
                f"{type(self).__name__} has no {ability!r}: write it, or say in `cannot` in a "
                "sentence why the network could never do that"
            )
        return Declined(reason)


OPTIONAL = (
    "emit_junk",
    "echo",
    "edit_last",
    "delete_last",
    "edit_before_create",
    "reorder",
    "react_last",
    "report",
    "lose_history",
    "close_place",
    "open_place",
    "signs",
    "stranger",
    "bystander",
)
SAY_FILES = "say_files"
READ_MARKS = "read_marks"
"""Where the channel has them, but not in the place where this network's person writes."""


def check_reasons(network: FakeNetwork) -> None:
    """`cannot` names only what there is, and gives a sentence for each; nothing is both."""
    known = {*OPTIONAL, SAY_FILES, READ_MARKS, *(fault.value for fault in Fault)}
    for ability in network.cannot:
        if ability not in known:
            raise ConformanceFailure(
                f"`cannot` names {ability!r}; there are {', '.join(sorted(known))}"
            )
        network.declined(ability)
        written = getattr(type(network), ability, None) is not getattr(FakeNetwork, ability, None)
        if written:
            raise ConformanceFailure(f"{ability!r} is written, and declined in `cannot` as well")
