"""What goes wrong at the sandbox's Discord, when told so."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from connectors.discord.sandbox_refusals import refusal


class Answer(StrEnum):
    """How a faulty request ends."""

    STATUS = "status"
    HANG = "hang"
    """No answer, until the client gives up or `Faults.clear`."""
    CUT = "cut"
    """The line breaks before the answer."""


@dataclass(slots=True, kw_only=True)
class RestFault:
    """What the next matching requests meet."""

    answer: Answer = Answer.STATUS
    status: int = 500
    body: dict[str, Any] | str | None = None
    """None: what Discord says with this status."""
    headers: dict[str, str] = field(default_factory=dict)
    takes_effect: bool = False
    """Whether the request is carried out all the same."""
    route: str = ""
    """Such as `POST /channels/{channel}/messages`; empty: any."""
    times: int = 1


class GatewayFaults:
    def __init__(self) -> None:
        self.misses_acks = False
        """Heartbeats are not acknowledged: a zombie."""
        self.refuses_resume = False
        """Every RESUME is answered with an invalid session."""
        self.identify_close: int | None = None
        """The code that every IDENTIFY is closed with."""
        self.flows = asyncio.Event()
        """While cleared, connections stay open and nothing comes."""
        self.flows.set()
        self.heartbeats = 0
        """How many came."""


class Faults:
    def __init__(self) -> None:
        self.gateway = GatewayFaults()
        self.rest: list[RestFault] = []
        self._cleared = asyncio.Event()

    def add(self, **fault: Any) -> RestFault:
        """The next request, or the next of this route, meets it. The fields are `RestFault`'s."""
        made = RestFault(**fault)
        self.rest.append(made)
        return made

    def rate_limit(
        self, retry_after: float, *, scope: str = "user", route: str = "", times: int = 1
    ) -> RestFault:
        """A 429 out of order; `scope` is user, global or shared."""
        is_global = scope == "global"
        bucket = {
            "X-RateLimit-Limit": "10",
            # Of the bot's own bucket, which a shared limit may leave untouched.
            "X-RateLimit-Remaining": "9" if scope == "shared" else "0",
            "X-RateLimit-Reset-After": f"{retry_after:.3f}",
        }
        return self.add(
            status=429,
            body={
                "message": "The resource is being rate limited."
                if scope == "shared"
                else "You are being rate limited.",
                "retry_after": retry_after,
                "global": is_global,
            },
            headers={
                "Retry-After": str(-int(-retry_after // 1)),
                "X-RateLimit-Scope": scope,
                **({"X-RateLimit-Global": "true"} if is_global else bucket),
            },
            route=route,
            times=times,
        )

    def refuse(self, code: int, *, route: str = "", times: int = 1) -> RestFault:
        """One of Discord's refusals out of order, by its code."""
        error = refusal(code)
        return self.add(status=error.status, body=error.body, route=route, times=times)

    def take(self, route: str) -> RestFault | None:
        """The first that matches, used up once."""
        for fault in self.rest:
            if fault.route in {"", route}:
                fault.times -= 1
                if fault.times <= 0:
                    self.rest.remove(fault)
                return fault
        return None

    async def hang(self) -> None:
        """Until `clear`."""
        await self._cleared.wait()

    def clear(self) -> None:
        """All is well again; what hung is cut."""
        self.rest.clear()
        self.gateway.misses_acks = False
        self.gateway.refuses_resume = False
        self.gateway.identify_close = None
        self.gateway.flows.set()
        self._cleared.set()
        self._cleared = asyncio.Event()
