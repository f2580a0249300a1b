"""Whether an answer may go out with one agent alone, asked where answers are written."""

from collections.abc import Sequence

import msgspec

from router.services.approvals.shapes import NEEDS_SECOND, ApprovalPolicy, Because
from router.services.errors import Conflict
from router.storage import approvals as stored
from router.storage import snippets as stored_snippets
from router.storage.unit_of_work import UnitOfWork


async def load_policy(work: UnitOfWork) -> ApprovalPolicy:
    kept = await stored.find_policy(work)
    if kept is None:
        return ApprovalPolicy(revision=0)
    return msgspec.structs.replace(
        msgspec.convert(kept["kept"], ApprovalPolicy), revision=kept["id"]
    )


def said_of(text: str, public_line: str, subject: str, offers: Sequence[str]) -> str:
    """All of an answer that the person reads."""
    return "\n".join((text, public_line, subject, *offers))


async def why(
    work: UnitOfWork,
    text: str,
    case_id: int | None,
    topic_id: int | None,
    message_id: int | None = None,
) -> list[Because]:
    """Why this answer needs a second agent; empty: it does not."""
    policy = await load_policy(work)
    if not policy.snippet_ids and not policy.amounts:
        return []
    from router.services.approvals import needing

    said: dict[int, list[str]] = {}
    for one in policy.snippet_ids:
        row = await stored_snippets.find_snippet(work, one)
        if row is not None:
            said[one] = [each["text"] for each in row["texts"].values()]
    topics = await stored.topic_path(work, case_id, topic_id, message_id)
    return needing.reasons(policy, text, topics, said)


async def check_alone(
    work: UnitOfWork,
    text: str,
    case_id: int | None,
    topic_id: int | None,
    message_id: int | None = None,
) -> None:
    """Raises Conflict `needs_second`. `message_id`: one that was sent and is to read like this."""
    found = await why(work, text, case_id, topic_id, message_id)
    if found:
        raise Conflict(
            "A second agent has to approve this answer.",
            code=NEEDS_SECOND,
            because=",".join(sorted({one.kind for one in found})),
        )
