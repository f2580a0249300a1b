"""What of an answer would be refused, as far as that is known before it is written."""

from core.rich_text_cuts import RichText
from router.services.approvals.checking import check_alone, said_of
from router.services.errors import Conflict
from router.services.outbound import leveling
from router.services.outbound.automatic import Voice
from router.services.outbound.in_public import check_public
from router.services.outbound.parts import plan_parts
from router.services.outbound.reaching import check_reach
from router.services.outbound.writing import Author, checked_text, load_case
from router.storage.replies import Reach
from router.storage.unit_of_work import UnitOfWork


async def check_answer(
    work: UnitOfWork,
    voice: Voice,
    author: Author,
    reach: Reach,
    text: RichText,
    *,
    root_id: int,
    case_id: int,
) -> None:
    """Nothing is written. Raises what `replies.reply` would: NotFound, Conflict, Refused."""
    clean = checked_text("foreseen", text.text, text.spans, ())
    capabilities = check_reach(work, reach, voice.capabilities_of)
    plan_parts(clean.text, capabilities, clean.spans, voice.wire_of(reach.channel))
    case = await load_case(work, root_id, case_id, author.sight)
    await check_alone(work, said_of(clean.text, "", "", ()), case_id, None)
    said = (clean.text, *(span.url for span in clean.spans))
    await check_public(work, root_id, reach, case, is_private=False, texts=said)
    asked = [(reach.place_id, reach.identity_id)]
    [judged] = (await leveling.judge_words(work, case_id, None, asked)).values()
    if judged.refusal is not None:
        raise Conflict(judged.refusal.sentence, code=judged.refusal.code)
