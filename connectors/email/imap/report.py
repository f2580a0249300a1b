"""What is known of each folder of a mailbox, as the account's health."""

from datetime import datetime

from connectors.email.imap.folder import Progress
from core.clock import Clock
from core.connector import Health, HealthState

MAX_DETAIL = 1000
"""Characters."""


class Report:
    """What is known of each folder, as the account's health."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._state = HealthState.STARTING
        self._down = ""
        self._folders: tuple[str, ...] = ()
        self._unread: dict[str, str] = {}
        self._warnings: dict[str, str] = {}
        self._waiting: dict[str, int] = {}
        self._behind: dict[str, float] = {}
        self._last_event_at: datetime | None = None

    def begin(self, folders: tuple[str, ...]) -> None:
        self._folders = folders
        self._unread, self._warnings = {}, {}
        self._waiting, self._behind = {}, {}

    def note(self, folder: str, progress: Progress) -> None:
        now = self._clock.now()
        self._state, self._down = HealthState.RUNNING, ""
        self._waiting[folder] = progress.waiting
        if progress.taken:
            self._last_event_at = now
        if progress.waiting and progress.reached is not None:
            self._behind[folder] = round(max(0.0, (now - progress.reached).total_seconds()))
        else:
            self._behind.pop(folder, None)

    def refuse(self, folder: str, sentence: str) -> None:
        """This folder is not read; an empty sentence: it is again."""
        self._unread[folder] = sentence
        if not sentence:
            del self._unread[folder]

    def warn(self, folder: str, sentence: str) -> None:
        """This folder is read, but not all is done that ops want. Stands until `begin`."""
        self._warnings[folder] = sentence

    def end(self, reason: str) -> None:
        self._state, self._down = HealthState.DOWN, reason

    def health(self) -> Health:
        faults = [*self._unread.items(), *self._warnings.items()]
        words = [self._down] if self._down else [f"{name}: {words}" for name, words in faults]
        words += [
            f"{name}: {waiting:,} mails are waiting to be read."
            for name, waiting in self._waiting.items()
            if waiting
        ]
        return Health(
            state=self._judge(),
            detail=" ".join(words)[:MAX_DETAIL],
            last_event_at=self._last_event_at,
            lag_seconds=max(self._behind.values(), default=None),
        )

    def _judge(self) -> HealthState:
        if self._state is HealthState.DOWN:
            return HealthState.DOWN
        if self._unread and all(name in self._unread for name in self._folders):
            return HealthState.DOWN
        return HealthState.DEGRADED if self._unread or self._warnings else self._state
