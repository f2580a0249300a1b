"""Which reactions somebody has put on a message: Discord tells each change, never the sum. Pure."""

from collections import OrderedDict

MOST_KEPT = 10_000


class Reactions:
    """As far as they were seen since the start; the oldest are forgotten."""

    def __init__(self) -> None:
        self._of: OrderedDict[tuple[str, str, str], tuple[str, ...]] = OrderedDict()

    def add(self, channel: str, message: str, person: str, emoji: str) -> tuple[str, ...]:
        """All of this person on this message now."""
        before = self._of.get((channel, message, person), ())
        return self._keep((channel, message, person), (*(o for o in before if o != emoji), emoji))

    def remove(self, channel: str, message: str, person: str, emoji: str) -> tuple[str, ...]:
        before = self._of.get((channel, message, person), ())
        return self._keep((channel, message, person), tuple(o for o in before if o != emoji))

    def clear(
        self, channel: str, message: str, emoji: str | None = None
    ) -> dict[str, tuple[str, ...]]:
        """By person, what is left after all reactions (of one emoji) were taken off a message."""
        return {
            key[2]: self._keep(key, tuple(o for o in kept if emoji is not None and o != emoji))
            for key, kept in list(self._of.items())
            if key[:2] == (channel, message) and (emoji is None or emoji in kept)
        }

    def _keep(self, key: tuple[str, str, str], reactions: tuple[str, ...]) -> tuple[str, ...]:
        self._of[key] = reactions
        self._of.move_to_end(key)
        while len(self._of) > MOST_KEPT:
            self._of.popitem(last=False)
        return reactions
