"""Where a message goes that certainly did not arrive: the rungs of a person, and which is next.

Pure. What is left out here never happens: a rung of another person, of a lower level, where others
read along, or of somebody who is shared, stopped or only claimed.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from core.messages import PUBLIC_KINDS, PlaceKind
from core.people import Level, is_claimed


class Bar(StrEnum):
    """Why a rung is not taken. The first that applies, in this order."""

    OTHER_PERSON = "other_person"
    FAILED_THERE = "failed_there"
    """It is where the message did not arrive, or where it is said already."""
    IN_PUBLIC = "in_public"
    CLAIMED = "claimed"
    """Nobody has proven that the address is theirs."""
    SHARED = "shared"
    """Several people read what goes there."""
    OTHER_HOST_ACCOUNT = "other_host_account"
    """It belongs to another account of theirs at the host than what was said."""
    LEVEL_TOO_LOW = "level_too_low"
    """Less well proven than whom it was for, or than its case or topic needs."""
    CHANNEL_NOT_ALLOWED = "channel_not_allowed"
    """Its case or topic names other channels."""
    STOPPED = "stopped"
    """They want nothing there that they have not asked there."""
    UNREACHABLE = "unreachable"
    NOT_IN_ORDER = "not_in_order"
    """Operators have set where messages of this account may go on, and it is not there."""
    ACCOUNT_PAUSED = "account_paused"
    WINDOW_OVER = "window_over"
    """They wrote there too long ago: the network takes no answer now."""
    DOES_NOT_FIT = "does_not_fit"
    """The channel takes nothing of it: too long, or files alone that it does not take."""


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """A message that certainly did not arrive."""

    root_id: int
    identity_id: int
    """Whom it was for."""
    place_id: int
    needed_level: int
    """The best of what the identity had proven when it was written and has now, and of what case
    and topic ask for."""
    host_accounts: frozenset[str] = frozenset()
    """Of the identity and of the case: whose affairs it is about."""
    channels: frozenset[str] | None = None
    """That case and topic allow; None: all."""
    tried: frozenset[tuple[int, int]] = frozenset()
    """(identity, place) where it did not arrive before that."""
    tried_accounts: frozenset[tuple[int, int]] = frozenset()
    """(identity, account) by which that was: nothing is opened there anew."""
    said_in: frozenset[int] = frozenset()
    """Places in which it is said already."""
    is_of_host_account: bool = False
    """It goes only to what is linked to the very account that it is about."""


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """One identity of somebody in one place."""

    root_id: int
    identity_id: int
    realm: str
    level: int
    host_account: str | None
    account_id: int
    channel: str
    place_id: int | None
    """None: we never were there, and may write first."""
    place_kind: PlaceKind
    is_reachable: bool
    """Both the identity and the place."""
    is_account_active: bool = True
    is_shared: bool = False
    is_stopped: bool = False
    asked_here: bool = False
    """This identity wrote in the message's case: an answer there is an answer to its own words."""
    has_written: bool = True
    """This identity has written to us, wherever; else we know of it from somebody else."""
    is_window_open: bool = True
    fits: bool = True
    left_out: int = 0
    """How many of the message's files the channel does not take."""
    is_away: bool = False
    """The network tells that nobody is there right now."""
    last_word_id: int = 0
    """The newest message that this identity wrote in the place."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The rung that is taken, or why there is none."""

    rung: Rung | None
    bars: tuple[Bar, ...] = ()
    """Each once, if there is none: the nearest to being taken last."""


def bar_of(missed: Missed, rung: Rung, order: Sequence[int] | None) -> Bar | None:
    """What forbids this rung. None: it may be taken.

    `order`: the accounts that operators allow, the first first. None: they have set none.
    """
    if rung.root_id != missed.root_id:
        return Bar.OTHER_PERSON
    if _was_there(missed, rung):
        return Bar.FAILED_THERE
    if rung.place_kind in PUBLIC_KINDS:
        return Bar.IN_PUBLIC
    if is_claimed(rung.realm) or rung.level < Level.ATTESTED:
        return Bar.CLAIMED
    if not rung.has_written and rung.level < Level.LINKED:
        # An address that nobody wrote from is theirs only if the host has verified it.
        return Bar.CLAIMED
    if rung.is_shared:
        return Bar.SHARED
    is_hosted = rung.host_account is not None or missed.is_of_host_account
    if is_hosted and not missed.host_accounts <= {rung.host_account}:
        return Bar.OTHER_HOST_ACCOUNT
    if rung.level < missed.needed_level:
        return Bar.LEVEL_TOO_LOW
    if missed.channels is not None and rung.channel not in missed.channels:
        return Bar.CHANNEL_NOT_ALLOWED
    if rung.is_stopped and not rung.asked_here:
        return Bar.STOPPED
    if not rung.is_reachable:
        return Bar.UNREACHABLE
    if order is not None and rung.account_id not in order:
        return Bar.NOT_IN_ORDER
    if not rung.is_account_active:
        return Bar.ACCOUNT_PAUSED
    if not rung.is_window_open:
        return Bar.WINDOW_OVER
    if not rung.fits:
        return Bar.DOES_NOT_FIT
    return None


def _was_there(missed: Missed, rung: Rung) -> bool:
    """It did not arrive there, or is said there already: nobody gets it twice."""
    if rung.place_id is None:
        return (rung.identity_id, rung.account_id) in missed.tried_accounts
    there = (rung.identity_id, rung.place_id)
    return (
        there == (missed.identity_id, missed.place_id)
        or there in missed.tried
        or rung.place_id in missed.said_in
    )


def choose(missed: Missed, rungs: Iterable[Rung], order: Sequence[int] | None) -> Choice:
    """The next rung: as operators order the accounts, then the same identity elsewhere, then what
    takes all files, then where somebody is, then where they wrote last.

    The same for every order of `rungs`.
    """
    barred: dict[Bar, None] = {}
    open_ones: list[Rung] = []
    for rung in rungs:
        bar = bar_of(missed, rung, order)
        if bar is None:
            open_ones.append(rung)
        elif bar not in (Bar.OTHER_PERSON, Bar.FAILED_THERE):
            barred[bar] = None
    if not open_ones:
        return Choice(rung=None, bars=tuple(bar for bar in Bar if bar in barred))
    places = {} if order is None else {account: number for number, account in enumerate(order)}
    return Choice(rung=min(open_ones, key=lambda one: _rank(missed, one, places)))


def _rank(missed: Missed, rung: Rung, places: Mapping[int, int]) -> tuple[int, ...]:
    return (
        places.get(rung.account_id, 0),
        rung.identity_id != missed.identity_id,
        rung.left_out,
        rung.is_away,
        -rung.last_word_id,
        -rung.level,
        rung.account_id,
        rung.identity_id,
        rung.place_id or 0,
    )
