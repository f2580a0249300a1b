"""What an account says of its health. No I/O."""

from datetime import datetime, timedelta

from core.clock import Clock
from core.connector import Health, HealthState

KEPT = timedelta(hours=24)
"""How long Telegram keeps updates that nobody fetched. https://core.telegram.org/bots/api#getupdates"""
ALERTS = (20, 12, 6)
"""Hours without contact at which it is said how long there is left."""


class Report:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._state = HealthState.STARTING
        self._trouble = ""
        self._notes: dict[str, str] = {}
        self._of_groups = ""
        self._is_in_groups = False
        self._last_event_at: datetime | None = None
        self._contact_at: datetime | None = None
        self._lag: float | None = None

    def heard(self, at: datetime | None = None) -> None:
        """Telegram answered, and all is well; `at`: and brought something."""
        self._state, self._trouble = HealthState.RUNNING, ""
        self._contact_at = self._clock.now()
        if at is not None:
            self._last_event_at = self._contact_at
            self._lag = max(0.0, (self._contact_at - at).total_seconds())

    def heard_before(self, at: datetime) -> None:
        """When there was contact last, as a former owner of the account has noted it."""
        if self._contact_at is None:
            self._contact_at = at

    def degraded(self, reason: str) -> None:
        self._state, self._trouble = HealthState.DEGRADED, reason

    def down(self, reason: str) -> None:
        self._state, self._trouble = HealthState.DOWN, reason

    def explain_groups(self, sentence: str) -> None:
        """What there is to know of groups; shown once the bot is in one."""
        self._of_groups = sentence

    def heard_in_group(self) -> None:
        self._is_in_groups = True

    def note(self, topic: str, sentence: str) -> None:
        """What ops shall know beside the state; an empty sentence takes it back."""
        self._notes[topic] = sentence

    def health(self) -> Health:
        state = self._state
        said = [self._trouble, self._silence(), *self._notes.values()]
        if self._is_in_groups:
            said.append(self._of_groups)
        if state is HealthState.RUNNING and any(self._notes.values()):
            state = HealthState.DEGRADED
        return Health(
            state=state,
            detail=" ".join(filter(None, said)),
            last_event_at=self._last_event_at,
            lag_seconds=self._lag,
        )

    def _silence(self) -> str:
        if self._contact_at is None or self._state is HealthState.RUNNING:
            return ""
        away = self._clock.now() - self._contact_at
        if away >= KEPT:
            return "No contact for over 24 hours: Telegram has dropped what was written meanwhile."
        for hours in ALERTS:
            if away >= timedelta(hours=hours):
                left = int((KEPT - away).total_seconds() // 3600) + 1
                return f"No contact for {hours} hours; in {left} hours messages begin to be lost."
        return ""
