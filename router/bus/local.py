"""The bus inside one process: what every other bus also does for its own loops."""

from collections.abc import Callable

from router.bus import LiveListener, Positions


class LocalBus:
    def __init__(self) -> None:
        self._positions: set[Positions] = set()
        self._live: dict[int, LiveListener] = {}
        self._next = 0

    async def start(self) -> None:
        """Nothing to connect."""

    async def close(self) -> None:
        self._positions.clear()
        self._live.clear()

    def announce(self, position: int) -> None:
        self.tell(position)

    def tell(self, position: int) -> None:
        for listener in tuple(self._positions):
            listener.tell(position)

    def positions(self) -> Positions:
        listener = Positions(self._positions.discard)
        self._positions.add(listener)
        return listener

    async def say_live(self, signal: bytes) -> None:
        self.tell_live(signal)

    def tell_live(self, signal: bytes) -> None:
        for listener in tuple(self._live.values()):
            listener(signal)

    def on_live(self, listener: LiveListener) -> Callable[[], None]:
        self._next += 1
        key = self._next
        self._live[key] = listener

        def forget() -> None:
            self._live.pop(key, None)

        return forget
