"""Who hears what is pushed: the open feeds by what their agents may see.

A busy desk pushes far more often than somebody comes or goes, so that what follows from the set
alone is kept until it changes.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

from router.storage.sight import Sight
from router.web.feed_socket import Feed


class Audience:
    """The feeds that are up to date. Whoever fell behind is none of them."""

    def __init__(self) -> None:
        self._feeds: set[Feed] = set()
        self._standing = _Standing(())

    def __len__(self) -> int:
        return len(self._feeds)

    def __iter__(self) -> Iterator[Feed]:
        return iter(self._feeds)

    def add(self, feed: Feed) -> None:
        self._feeds.add(feed)
        self._standing = _Standing(tuple(self._feeds))

    def discard(self, feed: Feed) -> None:
        if feed in self._feeds:
            self._feeds.remove(feed)
            self._standing = _Standing(tuple(self._feeds))

    @property
    def by_sight(self) -> Mapping[Sight, tuple[Feed, ...]]:
        """As it stands; whoever goes while it is walked through is told in vain."""
        return self._standing.by_sight

    @property
    def agent_ids_of(self) -> Mapping[Sight, frozenset[int]]:
        return self._standing.agent_ids_of

    @property
    def agent_ids(self) -> tuple[int, ...]:
        """Of all, in order."""
        return self._standing.agent_ids


class _Standing:
    """What follows from one set of feeds, found when it is first asked for."""

    def __init__(self, feeds: tuple[Feed, ...]) -> None:
        self._feeds = feeds

    @cached_property
    def by_sight(self) -> Mapping[Sight, tuple[Feed, ...]]:
        found: dict[Sight, list[Feed]] = {}
        for feed in self._feeds:
            found.setdefault(feed.sight, []).append(feed)
        return {sight: tuple(feeds) for sight, feeds in found.items()}

    @cached_property
    def agent_ids_of(self) -> Mapping[Sight, frozenset[int]]:
        return {
            sight: frozenset(feed.agent_id for feed in feeds)
            for sight, feeds in self.by_sight.items()
        }

    @cached_property
    def agent_ids(self) -> tuple[int, ...]:
        return tuple(sorted({feed.agent_id for feed in self._feeds}))
