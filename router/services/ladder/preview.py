"""Where an answer would go on if it did not arrive: for agents, before they write."""

import msgspec

from core.ladder import Missed, choose
from core.messages import PUBLIC_KINDS
from core.people import Level
from core.rich_text_cuts import RichText
from router.services.ladder.advice import advice_for
from router.services.ladder.climbing import Halt
from router.services.ladder.networks import Networks
from router.services.ladder.ways import Said, Way, load_ways
from router.services.outbound import leveling
from router.services.viewer import Viewer, find_conversation
from router.storage import levels, replies
from router.storage import rungs as stored
from router.storage.engine import Database

SAMPLE = RichText("An answer.")


class NextWay(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of a short answer to a place whose identity were gone."""

    place_id: int
    identity_id: int
    account_id: int | None
    """By which it would go on. None: by none."""
    channel: str | None
    to_identity_id: int | None
    to_place_id: int | None
    """None as well where it would be opened."""
    shown_as: str
    because: tuple[str, ...]
    """Why by none, as of a message that stayed."""
    advice: str


async def preview(
    database: Database, viewer: Viewer, person_id: int, networks: Networks
) -> list[NextWay]:
    """For each place where they wrote, by what their open case needs now. Raises NotFound."""
    async with database.reading() as work:
        found = await find_conversation(work, viewer, person_id)
        case = await replies.find_open_case(work, found.root_id, viewer.sight)
        case_id = None if case is None else case.id
        said = Said(
            case_id=case_id,
            text=SAMPLE,
            files=(),
            needs=await levels.needs_of_words(work, case_id, None),
            language=None,
        )
        ways = await load_ways(work, networks, found.root_id, said)
        accounts = {way.rung.account_id for way in ways}
        orders = {one: await stored.find_order(work, one) for one in sorted(accounts)}
    is_restricted = case is not None and case.access_class != "normal"
    return [
        _next(way, ways, said, orders[way.rung.account_id], is_restricted=is_restricted)
        for way in ways
        if way.rung.place_id is not None
    ]


def _next(
    way: Way,
    ways: tuple[Way, ...],
    said: Said,
    order: tuple[int, ...] | None,
    *,
    is_restricted: bool,
) -> NextWay:
    rung = way.rung
    hosts = {rung.host_account, said.needs.host_account} - {None}
    # In public nothing is said that needs a level; whoever is meant is as proven as they are.
    level = Level.ATTESTED if rung.place_kind in PUBLIC_KINDS else rung.level
    missed = Missed(
        root_id=rung.root_id,
        identity_id=rung.identity_id,
        place_id=rung.place_id or 0,
        needed_level=max(level, leveling.declared_level(said.needs)),
        host_accounts=frozenset(one for one in hosts if one is not None),
        channels=leveling.allowed_channels(said.needs),
    )
    others = [one for one in ways if one.rung.identity_id != rung.identity_id]
    choice = choose(missed, [one.rung for one in others], order)
    bars = tuple(bar.value for bar in choice.bars) or (Halt.NO_OTHER_WAY.value,)
    if is_restricted:
        bars = (Halt.RESTRICTED.value,)
    if choice.rung is None or is_restricted:
        return NextWay(
            place_id=missed.place_id,
            identity_id=rung.identity_id,
            account_id=None,
            channel=None,
            to_identity_id=None,
            to_place_id=None,
            shown_as="",
            because=bars,
            advice=advice_for(bars),
        )
    taken = next(one for one in others if one.rung == choice.rung)
    return NextWay(
        place_id=missed.place_id,
        identity_id=rung.identity_id,
        account_id=taken.rung.account_id,
        channel=taken.rung.channel,
        to_identity_id=taken.rung.identity_id,
        to_place_id=taken.rung.place_id,
        shown_as=taken.shown_as,
        because=(),
        advice="",
    )
