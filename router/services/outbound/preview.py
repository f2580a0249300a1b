"""What a reply would become on the channels by which its person can be answered."""

from collections.abc import Sequence

import msgspec

from core.capabilities import Capabilities
from core.rich_text import Mark, Span
from core.rich_text_cuts import RichText, fitted, lost_marks
from core.splitting import ToWire, length_of, split_rich
from router.services.outbound import leveling
from router.services.outbound.formatting import WireOf, checked
from router.services.outbound.parts import (
    MAX_CHARACTERS,
    MAX_PARTS,
    File,
    file_faults,
    with_files,
)
from router.services.outbound.writing import load_case
from router.services.shown.reach import CapabilitiesOf, load_reach
from router.services.viewer import Viewer, find_conversation
from router.storage import replies
from router.storage.engine import Database


class PreviewPart(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it goes out."""

    text: str
    spans: tuple[Span, ...]
    length: int
    """As the channel counts it."""


class PreviewFault(msgspec.Struct, frozen=True, kw_only=True):
    """Why it would be refused."""

    field: str
    code: str
    reason: str


class PreviewLevel(msgspec.Struct, frozen=True, kw_only=True):
    """Whether who reads there is proven well enough. A fault says so where not."""

    needed: int
    """By the case and the topic."""
    present: int
    step_up: bool
    """Whether a step-up of the identity would do."""
    reason: leveling.Reason | None
    """Why the level is no higher, where it is too low."""
    allowed_channels: tuple[str, ...] | None
    """None: any."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    place_id: int
    channel: str
    parts: tuple[PreviewPart, ...]
    """At most 20; `part_count` is how many it really takes."""
    part_count: int
    over: int
    """By how much it is longer than one message, as the channel counts; 0: it fits."""
    lost: tuple[Mark, ...]
    """Formatting that the reader won't see."""
    level: PreviewLevel
    faults: tuple[PreviewFault, ...]
    """None: it can be sent as it is."""


async def preview(
    database: Database,
    viewer: Viewer,
    person_id: int,
    capabilities_of: CapabilitiesOf,
    wire_of: WireOf,
    *,
    text: str,
    spans: Sequence[Span],
    attachment_ids: Sequence[int],
    place_id: int | None,
    case_id: int | None = None,
    topic_id: int | None = None,
    has_copies: bool = False,
) -> list[Preview]:
    """For the place, or for each one in which the person can be answered. Writes nothing.

    Raises NotFound (person, case), Refused (spans). Files that aren't the viewer's count as absent.
    """
    rich = checked(text, spans)
    async with database.reading() as work:
        found = await find_conversation(work, viewer, person_id)
        reach = await load_reach(
            work, viewer.agent_id, found.root_id, found.hidden_cases, capabilities_of
        )
        known = await replies.find_uploads(work, viewer.agent_id, attachment_ids)
        if case_id is None:
            case = await replies.find_open_case(work, found.root_id, viewer.sight)
        else:
            case = await load_case(work, found.root_id, case_id, viewer.sight)
        judged = await leveling.judge_words(
            work,
            None if case is None else case.id,
            topic_id,
            [(one.place_id, one.identity_id) for one in reach],
            has_copies=has_copies,
        )
    files = [known[one] for one in attachment_ids if one in known]
    shown: list[Preview] = []
    for place in reach:
        capabilities = capabilities_of(place.channel)
        if capabilities is None or place_id not in (None, place.place_id):
            continue
        shown.append(
            to_preview(
                rich,
                files,
                capabilities,
                wire_of(place.channel),
                place_id=place.place_id,
                channel=place.channel,
                judged=judged[place.place_id],
            )
        )
    return shown


def to_preview(
    rich: RichText,
    files: Sequence[File],
    capabilities: Capabilities,
    to_wire: ToWire,
    *,
    place_id: int,
    channel: str,
    judged: leveling.Judged,
) -> Preview:
    """Pure. The parts are those that `plan_parts` would send."""
    unit, limit = capabilities.text.unit, capabilities.text.length
    whole = fitted(*rich, capabilities.marks)
    faults = [
        PreviewFault(field=one.field or "", code=one.code, reason=str(one))
        for one in file_faults(files, capabilities)
    ]
    refusal = judged.refusal
    if refusal is not None:
        fault = PreviewFault(field="place_id", code=refusal.code, reason=refusal.sentence)
        faults.append(fault)
    parts: tuple[RichText, ...] = ()
    if len(rich.text) <= MAX_CHARACTERS:
        parts = split_rich(*whole, capabilities.text, to_wire)
    if parts and files:
        parts = with_files(parts, capabilities, to_wire)
    if not parts or len(parts) > MAX_PARTS:
        reason = "The text is too long for this channel."
        faults.append(PreviewFault(field="text", code="too_long", reason=reason))
    return Preview(
        place_id=place_id,
        channel=channel,
        parts=tuple(
            PreviewPart(text=one.text, spans=one.spans, length=length_of(to_wire(*one), unit))
            for one in parts[:MAX_PARTS]
        ),
        part_count=len(parts),
        over=0 if limit is None else max(length_of(to_wire(*whole), unit) - limit, 0),
        lost=lost_marks(rich.spans, capabilities.marks),
        faults=tuple(faults),
        level=PreviewLevel(
            needed=judged.needed,
            present=judged.present,
            step_up=refusal is not None and refusal.step_up,
            reason=None if refusal is None else refusal.reason,
            allowed_channels=None if judged.channels is None else tuple(sorted(judged.channels)),
        ),
    )
