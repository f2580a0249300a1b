"""The people of a demonstration: they write on every stand-in network, and answer who answers them.

How busy they are is set while they are at it; nothing here knows a channel.
"""

import asyncio
import itertools
import random
from collections.abc import Mapping

import structlog

from core.errors import ConnectorError
from core.sandbox import Sandbox, SandboxLine
from router.services.demo_words import FIRST, LANGUAGES, LAST, THANKS, TOPICS

MOST = 120
"""Messages a minute."""
AT_FIRST = 6
IDLE_SECONDS = 0.5
REMEMBERED = 40
"""People who may still be answered; older ones have gone to bed."""

log = structlog.get_logger(__name__)


class Crowd:
    """`per_minute` may be changed at any time; 0 is silence."""

    def __init__(self, networks: Mapping[int, Sandbox], *, seed: int = 1) -> None:
        self.per_minute = AT_FIRST
        self.said = 0
        self._networks = networks
        self._dice = random.Random(seed)  # noqa: S311 - make-believe
        self._numbers = itertools.count(1)
        self._known: list[tuple[Sandbox, SandboxLine, str, int]] = []

    async def run(self) -> None:
        """Until cancelled. A network that refuses a line does not stop the others."""
        while True:
            if self.per_minute == 0 or not self._networks:
                await asyncio.sleep(IDLE_SECONDS)
                continue
            try:
                await self.speak()
            except (ConnectorError, OSError, TimeoutError, ValueError) as error:
                log.warning("crowd.not_said", fault=type(error).__name__)
            await asyncio.sleep(60 / self.per_minute * self._dice.uniform(0.5, 1.5))

    async def speak(self) -> None:
        """Somebody who got an answer goes on; else somebody new writes, on the next network."""
        for at, (network, line, language, heard) in enumerate(self._known):
            now = len(await network.heard(line.address))
            if now > heard:
                text = self._dice.choice(THANKS[language])
                answer = SandboxLine(person=line.person, address=line.address, text=text)
                self._known[at] = (network, line, language, now)
                await network.say(answer)
                self.said += 1
                return
        number = next(self._numbers)
        networks = [self._networks[one] for one in sorted(self._networks)]
        network = networks[number % len(networks)]
        language = self._dice.choice(LANGUAGES)
        subject, text = self._dice.choice(TOPICS)[language]
        name = f"{self._dice.choice(FIRST[language])} {self._dice.choice(LAST[language])}".strip()
        line = SandboxLine(
            person=name,
            address=_address(network, number),
            subject=subject,
            text=text.format(n=self._dice.randint(2, 900)),
        )
        await network.say(line)
        self.said += 1
        self._known = [*self._known, (network, line, language, 0)][-REMEMBERED:]


def _address(network: Sandbox, number: int) -> str:
    """Like the one that the network's own form begins with: a number, or an address."""
    default = next((one.default for one in network.fields() if one.name == "address"), "")
    if isinstance(default, str) and default.isdecimal():
        return str(int(default) + number)
    name, at, host = str(default).partition("@")
    return f"{name}{number}{at}{host}"
