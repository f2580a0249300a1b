"""Topics as a tree: what binds a topic binds those below it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DEEPEST = 5
"""Topics from the topmost down."""


class CircleFound(ValueError):
    """A topic would be below itself."""


class TooDeep(ValueError):
    """A topic would be deeper than `DEEPEST`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What is said of one topic itself."""

    parent_id: int | None
    minimum_level: int
    allowed_channels: tuple[str, ...]
    """None listed: any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What holds for one with all that are above it."""

    path: tuple[int, ...]
    """From the topmost down to itself."""
    level: int
    channels: tuple[tuple[str, ...], ...]
    """One list for each on the path that names any: a channel must be in all of them."""


def bind(topics: Mapping[int, Own]) -> dict[int, Bound]:
    """Of each topic. Raises CircleFound, TooDeep, and KeyError for a parent that is not there."""
    found: dict[int, Bound] = {}
    for topic in topics:
        chain = _chain(topics, topic)
        owns = [topics[one] for one in chain]
        found[topic] = Bound(
            path=chain,
            level=max(own.minimum_level for own in owns),
            channels=tuple(own.allowed_channels for own in owns if own.allowed_channels),
        )
    return found


def _chain(topics: Mapping[int, Own], topic: int) -> tuple[int, ...]:
    chain: list[int] = []
    at: int | None = topic
    while at is not None:
        if at in chain:
            raise CircleFound(topic)
        chain.append(at)
        at = topics[at].parent_id
    if len(chain) > DEEPEST:
        raise TooDeep(topic)
    return tuple(reversed(chain))


def default_priority(
    now: int, *, of_former: int | None, of_topic: int | None, usual: int = 3
) -> int:
    """The priority of a case that gets a topic.

    Its topic's, unless somebody decided otherwise: it is neither as usual nor as the former topic
    has it.
    """
    if of_topic is None or now not in (usual, of_former):
        return now
    return of_topic


def in_order(parents: Mapping[int, int | None], names: Mapping[int, str]) -> Sequence[int]:
    """Each topic right before those below it; beside each other by name."""
    below: dict[int | None, list[int]] = {}
    for topic, parent in parents.items():
        below.setdefault(parent if parent in parents else None, []).append(topic)

    def walk(parent: int | None) -> list[int]:
        ordered = sorted(below.get(parent, ()), key=lambda one: (names[one].casefold(), one))
        return [found for one in ordered for found in (one, *walk(one))]

    return walk(None)
