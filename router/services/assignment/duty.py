"""Who is on duty, as far as anybody has said it."""

from collections.abc import Collection
from datetime import datetime

from router.storage.unit_of_work import UnitOfWork


async def off_duty(work: UnitOfWork, agent_ids: Collection[int], now: datetime) -> frozenset[int]:
    """Those of these agents whose rota says that they don't work now.

    Nobody, while there are no rotas: then availability is what agents say of themselves.
    """
    return frozenset()
