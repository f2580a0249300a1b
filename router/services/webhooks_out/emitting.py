"""What a rule or macro tells receivers of, under a word of its own."""

from router.storage import webhook_calls
from router.storage.unit_of_work import UnitOfWork


async def emit(
    work: UnitOfWork, *, word: str, root_id: int, case_id: int | None, message_id: int | None
) -> int:
    """Note it down for every webhook that is told of what rules say, with this transaction or not
    at all; how many those are. Under the conversation's lock.
    """
    return await webhook_calls.insert_emitted(
        work, word=word, root_id=root_id, case_id=case_id, message_id=message_id
    )
