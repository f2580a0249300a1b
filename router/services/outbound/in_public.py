"""Nothing personal where others read along: what is refused there, and why."""

from collections.abc import Iterable
from enum import StrEnum

import structlog

from core.messages import PUBLIC_KINDS
from router.services.errors import Conflict
from router.storage import personal
from router.storage.replies import CaseChoice, Reach
from router.storage.unit_of_work import UnitOfWork

SHORTEST = 5
"""Characters: what is shorter stands in many texts by chance."""

log = structlog.get_logger(__name__)


class Reason(StrEnum):
    MARKED_PRIVATE = "marked_private"
    """The agent said so."""
    PRIVATE_CASE = "private_case"
    RESTRICTED_CASE = "restricted_case"
    """Of an access class that not every agent sees."""
    PERSONAL_CONTENT = "personal_content"
    """It holds an address of theirs on another network, what agents noted of them, or what the
    installation's own patterns find."""


_SENTENCES = {
    Reason.MARKED_PRIVATE: "This answer is marked private, and others read along there.",
    Reason.PRIVATE_CASE: "This case is private, and others read along there.",
    Reason.RESTRICTED_CASE: "This case is restricted, and others read along there.",
    Reason.PERSONAL_CONTENT: "It holds something personal, and others read along there.",
}


async def check_public(
    work: UnitOfWork,
    root_id: int,
    reach: Reach,
    case: CaseChoice,
    *,
    is_private: bool,
    texts: Iterable[str],
) -> None:
    """Raises Conflict `public_place` with the reason if this may not be said in that place."""
    if reach.place_kind not in PUBLIC_KINDS:
        return
    if is_private:
        raise refused(Reason.MARKED_PRIVATE)
    if case.is_private:
        raise refused(Reason.PRIVATE_CASE)
    if case.access_class != "normal":
        raise refused(Reason.RESTRICTED_CASE)
    await check_impersonal(work, root_id, reach.realm, texts)


async def check_again(work: UnitOfWork, root_id: int, message_id: int, text: str) -> None:
    """The same of a message that was sent: what is said there once more, or said differently."""
    row = await personal.privacy_of(work, message_id)
    if row is None or row["kind"] not in PUBLIC_KINDS:
        return
    if row["is_private"]:
        raise refused(Reason.MARKED_PRIVATE)
    if row["case_is_private"]:
        raise refused(Reason.PRIVATE_CASE)
    if row["access_class"] != "normal":
        raise refused(Reason.RESTRICTED_CASE)
    await check_impersonal(work, root_id, row["realm"], (text,))


async def check_impersonal(
    work: UnitOfWork, root_id: int, realm: str, texts: Iterable[str]
) -> None:
    """Raises Conflict `public_place` if a text holds what is known of the person elsewhere, or
    what ops have called personal. Where that takes too long to tell, it is taken to."""
    said = tuple(texts)
    known = await personal.known_of(work, root_id, realm)
    if any(holds_personal(text, known) for text in said):
        raise refused(Reason.PERSONAL_CONTENT)
    try:
        is_personal = await personal.holds_pattern(work, said)
    except personal.PatternsTooSlow:
        log.warning("personal_patterns.too_slow", person=root_id)
        is_personal = True
    if is_personal:
        raise refused(Reason.PERSONAL_CONTENT)


def holds_personal(text: str, known: Iterable[str]) -> bool:
    """Whether one of these stands in the text, whatever its case and spacing. Pure."""
    said = _plain(text)
    return any(len(one.strip()) >= SHORTEST and _plain(one) in said for one in known)


def _plain(text: str) -> str:
    return "".join(text.casefold().split())


def refused(reason: Reason) -> Conflict:
    return Conflict(_SENTENCES[reason], code="public_place", reason=reason.value)
