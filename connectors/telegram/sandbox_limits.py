"""How many messages a bot may send: the published limits, enforced when a test switches them on.

The exact ones are not published: about one a second in a chat, 20 a minute in a group, 30 a second
in all (FloodLimit in python-telegram-bot's constants).
"""

import math
from collections import deque
from dataclasses import dataclass, field

from connectors.telegram.sandbox_answers import too_many
from connectors.telegram.sandbox_chats import Chat
from core.clock import Clock


@dataclass(slots=True)
class _Window:
    """At most `count` in any `seconds`."""

    count: int
    seconds: float
    taken: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """Seconds until one more is allowed; 0: now."""
        while self.taken and self.taken[0] <= now - self.seconds:
            self.taken.popleft()
        if len(self.taken) < self.count:
            return 0.0
        return self.taken[len(self.taken) - self.count] + self.seconds - now


class Limits:
    """`is_enforced` is off until somebody switches it on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.is_enforced = False
        self._all = _Window(30, 1.0)
        self._chats: dict[str, _Window] = {}
        self._groups: dict[str, _Window] = {}

    def check(self, chat: Chat, messages: int = 1) -> None:
        """Counts these messages. Raises Refusal, with nothing counted, if they are too many."""
        if not self.is_enforced:
            return
        now = self._clock.monotonic()
        windows = [self._all, self._chats.setdefault(chat.key, _Window(1, 1.0))]
        if chat.is_group:
            windows.append(self._groups.setdefault(chat.key, _Window(20, 60.0)))
        wait = max(window.wait(now) for window in windows)
        if wait > 0:
            raise too_many(max(1, math.ceil(wait)))
        for window in windows:
            window.taken.extend([now] * messages)
