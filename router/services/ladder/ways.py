"""The ways by which a message could still reach its person, as `core.ladder` judges them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from core.addresses import readable_address
from core.capabilities import Capabilities
from core.errors import BadConfig
from core.ladder import Rung
from core.messages import PUBLIC_KINDS, IdentityAddress, Place, PlaceKind
from core.people import is_claimed
from core.rich_text_cuts import RichText, joined
from router.services.errors import Refused
from router.services.ladder.networks import Networks
from router.services.outbound import leveling
from router.services.outbound.automatic_texts import Line, sentence
from router.services.outbound.parts import file_faults, plan_parts
from router.storage import rungs as stored
from router.storage import visitors
from router.storage.ladder import FileRow
from router.storage.levels import NeedsRow, ThereRow
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

BETWEEN = "\n\n"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is to go on."""

    case_id: int | None
    text: RichText
    files: Sequence[FileRow]
    needs: NeedsRow
    language: str | None


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel takes of it."""

    parts: tuple[RichText, ...]
    """Empty: it takes nothing of it."""
    files: tuple[FileRow, ...]
    left_out: tuple[FileRow, ...]


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A rung with what is needed to go there."""

    rung: Rung
    fit: Fit
    capabilities: Capabilities
    home_person_id: int
    shown_as: str
    subject: str
    """Of the newest message there."""
    opened: Place | None
    """Where we never were: it is made when it is taken."""
    is_local: bool


class _Channel(msgspec.Struct, frozen=True):
    capabilities: Capabilities
    realm: str
    is_local: bool
    fit: Fit


async def load_ways(
    work: UnitOfWork, networks: Networks, root_id: int, said: Said
) -> tuple[Way, ...]:
    """All that there are, open or barred, as the record stands now. At most 30 identities."""
    identities = await stored.identities_of(work, root_id, said.case_id)
    places = await stored.places_of(work, [one["identity_id"] for one in identities])
    accounts = await stored.accounts_by_channel(work)
    channels = _channels(networks, said, {one["channel"] for one in (*places, *accounts)})
    present = await visitors.list_online(
        work,
        [
            (one["account_id"], one["remote_place"])
            for one in places
            if one["channel"] in channels and channels[one["channel"]].capabilities.presence
        ],
    )
    by_id = {one["identity_id"]: one for one in identities}
    now = work.now()
    ways = [
        _known(by_id[one["identity_id"]], one, channels[one["channel"]], said, now, present)
        for one in places
        if one["channel"] in channels
    ]
    met = {
        (way.rung.identity_id, way.rung.account_id)
        for way in ways
        if way.rung.place_kind not in PUBLIC_KINDS
    }
    shared = {
        (one["account_id"], one["remote_place"])
        for one in places
        if one["place_kind"] in PUBLIC_KINDS
    }
    for identity in identities:
        for account in accounts:
            channel = channels.get(account["channel"])
            if channel is None or (identity["identity_id"], account["account_id"]) in met:
                continue
            way = _opened(networks, identity, account, channel, said)
            if way is None or way.opened is None:
                continue
            if (account["account_id"], way.opened.remote) not in shared:
                ways.append(way)
    return tuple(ways)


def _channels(networks: Networks, said: Said, names: set[str]) -> dict[str, _Channel]:
    """Those that can run here."""
    found: dict[str, _Channel] = {}
    for name in sorted(names):
        try:
            capabilities = networks.capabilities_of(name)
            is_local = networks.is_local(name)
            found[name] = _Channel(
                capabilities,
                networks.realm_of(name),
                is_local,
                fit_into(said, capabilities, networks, name, is_local=is_local),
            )
        except BadConfig:
            continue
    return found


def fit_into(
    said: Said, capabilities: Capabilities, networks: Networks, channel: str, *, is_local: bool
) -> Fit:
    """The parts as they would go out: the desk's sentence, the answer, and what is missing of it.

    Where the router is the network the record itself is read, so the sentence is said apart.
    """
    files, left_out = kept_files(said.files, capabilities)
    texts = [said.text] if said.text.text else []
    if left_out:
        names = ", ".join(one.name for one in left_out)
        texts.append(RichText(sentence(Line.LEFT_OUT, said.language, {"files": names})))
    if not said.text.text and not files:
        return Fit(parts=(), files=files, left_out=left_out)
    if not is_local:
        texts.insert(0, RichText(sentence(Line.UNDELIVERABLE, said.language, {})))
    whole = joined(texts, BETWEEN)
    try:
        parts = plan_parts(
            whole.text, capabilities, whole.spans, networks.wire_of(channel), has_files=bool(files)
        )
    except Refused:
        parts = ()
    return Fit(parts=parts, files=files, left_out=left_out)


def kept_files(
    files: Sequence[FileRow], capabilities: Capabilities
) -> tuple[tuple[FileRow, ...], tuple[FileRow, ...]]:
    """(those that the channel takes together, the first first; the others). Pure."""
    kept: list[FileRow] = []
    for file in files:
        if not any(file_faults([*kept, file], capabilities)):
            kept.append(file)
    return tuple(kept), tuple(one for one in files if one not in kept)


def _known(
    identity: Record,
    place: Record,
    channel: _Channel,
    said: Said,
    now: datetime,
    present: set[tuple[int, str]],
) -> Way:
    """Where the identity wrote, or was written to."""
    capabilities = channel.capabilities
    is_alive = not channel.is_local or bool(place["has_session"] and place["is_session_alive"])
    is_away = capabilities.presence and (place["account_id"], place["remote_place"]) not in present
    return Way(
        rung=_to_rung(
            identity,
            channel,
            said,
            channel_name=place["channel"],
            account=place,
            place_id=place["place_id"],
            place_kind=PlaceKind(place["place_kind"]),
            is_reachable=place["is_place_reachable"] and is_alive,
            is_window_open=is_open(capabilities.session_window, place["last_inbound_at"], now),
            is_away=is_away,
            last_word_id=place["last_word_id"],
        ),
        fit=channel.fit,
        capabilities=capabilities,
        home_person_id=identity["home_person_id"],
        shown_as=identity["shown_as"] or readable_address(identity["handle"]),
        subject=place["subject"],
        opened=None,
        is_local=channel.is_local,
    )


def is_open(window: timedelta | None, wrote_at: datetime | None, now: datetime) -> bool:
    """Whether a network with this session window takes an answer now."""
    return window is None or (wrote_at is not None and now - wrote_at <= window)


def _opened(
    networks: Networks, identity: Record, account: Record, channel: _Channel, said: Said
) -> Way | None:
    """Where we may write first to somebody whom we know by their identity alone."""
    capabilities = channel.capabilities
    if (
        not capabilities.can_open_conversation
        or channel.realm != identity["realm"]
        or is_claimed(identity["realm"])
    ):
        return None
    address = IdentityAddress(realm=identity["realm"], handle=identity["handle"])
    place = networks.place_of(account["channel"], address)
    if place is None:
        return None
    return Way(
        rung=_to_rung(
            identity,
            channel,
            said,
            channel_name=account["channel"],
            account=account,
            place_id=None,
            place_kind=place.kind,
            is_reachable=True,
            is_window_open=capabilities.session_window is None,
            is_away=False,
            last_word_id=0,
        ),
        fit=channel.fit,
        capabilities=capabilities,
        home_person_id=identity["home_person_id"],
        shown_as=identity["shown_as"] or readable_address(identity["handle"]),
        subject="",
        opened=place,
        is_local=channel.is_local,
    )


def _to_rung(
    identity: Record,
    channel: _Channel,
    said: Said,
    *,
    channel_name: str,
    account: Record,
    place_id: int | None,
    place_kind: PlaceKind,
    is_reachable: bool,
    is_window_open: bool,
    is_away: bool,
    last_word_id: int,
) -> Rung:
    there = ThereRow(
        channel=channel_name,
        place_kind=place_kind.value,
        identity_id=identity["identity_id"],
        level=identity["level"],
        host_account=identity["host_account"],
        is_shared=identity["is_shared"],
        # A step-up was for what an agent said in that moment, not for what goes on by itself.
        is_stepped_up=False,
    )
    return Rung(
        root_id=identity["root_id"],
        identity_id=identity["identity_id"],
        realm=identity["realm"],
        level=leveling.present_level(said.needs, there),
        host_account=identity["host_account"],
        account_id=account["account_id"],
        channel=channel_name,
        place_id=place_id,
        place_kind=place_kind,
        is_reachable=is_reachable and identity["is_identity_reachable"],
        is_account_active=account["account_state"] == "active",
        is_shared=identity["is_shared"],
        is_stopped=identity["is_stopped"],
        asked_here=identity["asked_here"],
        has_written=identity["has_written"],
        is_window_open=is_window_open,
        fits=bool(channel.fit.parts),
        left_out=len(channel.fit.left_out),
        is_away=is_away,
        last_word_id=last_word_id,
    )
