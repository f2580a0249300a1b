"""Pages by keys: the ids round an anchor, and whether there is more on either side. No OFFSET."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

NEWEST = 2**63 - 1

IdsFrom = Callable[[int, int], Awaitable[Sequence[int]]]
"""(anchor, how many at most) -> ids beyond the anchor, nearest first."""


@dataclass(frozen=True, slots=True)
class PageIds:
    ids: Sequence[int]
    has_before: bool
    has_after: bool


@dataclass(frozen=True, slots=True)
class Pager:
    """Each page reads one id more than it shows."""

    ids_before: IdsFrom
    ids_after: IdsFrom

    async def page(
        self, *, before: int | None, after: int | None, around: int | None, limit: int
    ) -> PageIds:
        """Of one anchor at most; the newest without any."""
        if around is not None:
            return await self._around(around, limit)
        if after is not None:
            return await self._after(after, limit)
        return await self._before(NEWEST if before is None else before, limit)

    async def _before(self, before: int, limit: int) -> PageIds:
        ids = await self.ids_before(before, limit + 1)
        has_after = before != NEWEST and bool(await self.ids_after(before - 1, 1))
        return PageIds(ids[:limit], has_before=len(ids) > limit, has_after=has_after)

    async def _after(self, after: int, limit: int) -> PageIds:
        ids = await self.ids_after(after, limit + 1)
        has_before = bool(await self.ids_before(after + 1, 1))
        return PageIds(ids[:limit], has_before=has_before, has_after=len(ids) > limit)

    async def _around(self, message_id: int, limit: int) -> PageIds:
        older = await self.ids_before(message_id, limit + 1)
        newer = await self.ids_after(message_id - 1, limit + 1)
        take_older = max(limit - len(newer), limit // 2)
        take_newer = limit - len(older[:take_older])
        return PageIds(
            [*older[:take_older], *newer[:take_newer]],
            has_before=len(older) > take_older,
            has_after=len(newer) > take_newer,
        )
