"""Who is on duty, as far as anybody has said it."""

from collections.abc import Collection
from datetime import datetime

from router.storage import shifts
from router.storage.unit_of_work import UnitOfWork


async def off_duty(work: UnitOfWork, agent_ids: Collection[int], now: datetime) -> frozenset[int]:
    """Those of these agents whose rota says that they don't work now.

    Nobody, while there is no rota: then availability is what agents say of themselves. So it is for
    whoever has had no duty for a month.
    """
    if not await shifts.is_kept(work):
        return frozenset()
    from router.services.shifts.reading import load, off_since

    return frozenset(off_since(await load(work), now).keys() & set(agent_ids))
