"""Makes the classifier that works without a network, beside everything else that runs."""

import asyncio
from functools import lru_cache

from router.assist.findings import Example
from router.assist.offline import OfflineClassifier
from router.assist.ready_topics import ready_tree


async def build(
    topics: tuple[Example, ...], dangers: tuple[Example, ...] = ()
) -> OfflineClassifier:
    """Of a desk's own examples, and of those of dangers that come along."""
    return await asyncio.to_thread(_built, topics, dangers)


@lru_cache(maxsize=2)
def _built(topics: tuple[Example, ...], dangers: tuple[Example, ...]) -> OfflineClassifier:
    """What was built last is not built again: it never changes."""
    return OfflineClassifier(topics, ready_tree(), corrected=dangers)
