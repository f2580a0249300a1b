"""Link codes: made where somebody is proven, typed where they are known less well.

A code that is made for a host account links whoever says it to that account, at L2. One that an
agent has sent to somebody without an account joins their two conversations, and proves no more.
Presented once it is spent, right or wrong: what was shown to the wrong place is worth nothing. Only
while everybody together guesses too much it is not even looked at, and stays good for later.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
import structlog

from core import link_codes
from core.messages import Sender
from core.people import Evidence, EvidenceKind, Level, is_claimed
from router.services import audit, refusals
from router.services.errors import Refused, ServiceError
from router.services.identity.linking import Statement, account_statement, link
from router.services.identity.merging import join_by_code
from router.storage import identities, persons
from router.storage import link_codes as stored
from router.storage.identities import IdentityRow
from router.storage.link_codes import LinkCodeRow, MakerRow, NewLinkCode
from router.storage.unit_of_work import UnitOfWork

MOST_LIVE = 5
"""Codes of one account or identity that are good at once: the oldest ends when one more is made."""
WINDOW = timedelta(minutes=10)
"""Wrong guesses are counted in it and the one before it: a lock ends within twice as long."""
MOST_GUESSES = 5
"""Of one identity."""
MOST_GUESSES_OF_ACCOUNT = 10_000
"""Of everybody proven who is new and writes by one account of ours: 2,000 identities' worth."""
MOST_GUESSES_OF_KNOWN = 2_000
"""The same of everybody who is linked, or was met SETTLED ago: newcomers lock none of them out."""
SETTLED = timedelta(days=1)

log = structlog.get_logger(__name__)


class MadeBy(StrEnum):
    HOST = "host"
    """The operator's own site, where somebody is signed in."""
    VISITOR = "visitor"
    """Somebody in a chat who is signed in at the site."""
    AGENT = "agent"
    """It was sent into the thread of an identity that is proven."""


class LinkCode(msgspec.Struct, frozen=True, kw_only=True):
    """Shown to one person, once. Only its hash is stored."""

    id: int
    code: str
    expires_at: datetime


class Reason(StrEnum):
    """Why a code was refused: for agents, the audit log and /metrics. Whoever typed it is told the
    same sentence for all of them.
    """

    UNKNOWN = "unknown"
    SPENT = "spent"
    EXPIRED = "expired"
    LOCKED = "locked"
    """This identity guessed wrong too often."""
    ACCOUNT_LOCKED = "account_locked"
    """Everybody together did, by this account."""
    UNPROVEN = "unproven"
    """It came with a claim."""
    OTHER_CHANNEL = "other_channel"
    IN_PUBLIC = "in_public"
    SHARED = "shared"
    OTHER_ACCOUNT = "other_account"
    """There is another host account on one side, or one at all where none may be."""
    TAKEN_BACK = "taken_back"
    """Whoever it was made for is not proven any more."""


class Presented(msgspec.Struct, frozen=True, kw_only=True):
    """A code that somebody said, in a message that is stored. Their conversation is locked."""

    typed: str
    sender: Sender
    """As this message proves them."""
    identity: IdentityRow
    account_id: int
    is_public: bool


class Redeemed(msgspec.Struct, frozen=True, kw_only=True):
    code_id: int
    host_account: str | None
    """None: two conversations became one, and no account is known."""
    root_id: int
    """Who stands for them now; locked."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    reason: Reason
    locks: tuple[str, ...] = ()
    """What it locked, as the audit log names it: this identity, everybody by this account."""

    @property
    def is_locked(self) -> bool:
        """It was not even looked at."""
        return self.reason in (Reason.LOCKED, Reason.ACCOUNT_LOCKED)


async def make_for_account(
    work: UnitOfWork,
    host_account: str,
    *,
    channels: Collection[str],
    made_by: MadeBy,
    actor: str,
) -> LinkCode:
    """A code that links whoever says it, by one of these channels, to the host account.

    The end of a transaction: the audit log stays locked until then. Whoever asks has to have been
    proven to be that account: by its site's own token, or by a signed session. Raises Refused
    without a channel.
    """
    return await _make(
        work,
        channels=channels,
        made_by=made_by,
        actor=actor,
        host_account=host_account,
        level=Level.LINKED,
    )


async def make_for_identity(
    work: UnitOfWork, maker: MakerRow, *, channels: Collection[str], agent_id: int
) -> LinkCode:
    """A code to be sent to this identity, and to nobody else, on behalf of an agent.

    Good for its host account, or for its conversation if it has none. Ends a transaction like
    `make_for_account`. Raises Refused without a channel, and for an identity that is not proven or
    is several people's.
    """
    if maker.level < Level.ATTESTED or is_claimed(maker.realm):
        raise Refused("Only somebody who is proven can be sent a code.", code="unproven")
    if maker.is_shared:
        raise Refused("Several people read there.", code="shared_identity")
    return await _make(
        work,
        channels=channels,
        made_by=MadeBy.AGENT,
        actor=f"agents/{agent_id}",
        agent_id=agent_id,
        identity_id=maker.id,
        host_account=maker.host_account,
        level=Level.ATTESTED if maker.host_account is None else Level.LINKED,
    )


async def _make(
    work: UnitOfWork,
    *,
    channels: Collection[str],
    made_by: MadeBy,
    actor: str,
    level: Level,
    host_account: str | None,
    agent_id: int | None = None,
    identity_id: int | None = None,
) -> LinkCode:
    if not channels:
        raise Refused("There is no channel on which it could be said.", code="no_channel")
    code = link_codes.new_code()
    expires_at = work.now() + link_codes.LIFE
    made = await stored.insert_code(
        work,
        NewLinkCode(
            code_hash=link_codes.hash_code(code),
            made_by=made_by.value,
            agent_id=agent_id,
            identity_id=identity_id,
            host_account=host_account,
            level=int(level),
            channels=sorted(set(channels)),
            expires_at=expires_at,
        ),
        most=MOST_LIVE,
    )
    facts = {"made_by": made_by.value, "level": int(level), "channels": sorted(set(channels))}
    await audit.record(work, actor, "link_code.made", f"link_codes/{made}", facts)
    return LinkCode(id=made, code=code, expires_at=expires_at)


async def withdraw(work: UnitOfWork, host_account: str) -> int:
    """The codes of a host account are good no longer: what links to it is being taken back."""
    return await stored.withdraw(work, host_account)


async def redeem(work: UnitOfWork, presented: Presented) -> Redeemed | Refusal:
    """Link or join whoever said it, or say why not. It is spent, unless the account is locked.

    What it proves holds from this transaction on; the audit log is the caller's to write, after
    everything else. Wrong guesses are counted for all nodes together.
    """
    own = f"identities/{presented.identity.id}"
    is_settled = presented.identity.level >= Level.LINKED or await stored.was_met(
        work, presented.identity.id, before=work.now() - SETTLED
    )
    everybody = f"accounts/{presented.account_id}" + ("/known" if is_settled else "")
    most = MOST_GUESSES_OF_KNOWN if is_settled else MOST_GUESSES_OF_ACCOUNT
    counts = await stored.lock_guesses(work, [own, everybody], WINDOW)
    code = link_codes.read_code(presented.typed)
    row = None
    found: Redeemed | Reason = Reason.UNKNOWN
    is_full = counts[own] < MOST_GUESSES and counts[everybody] >= most
    if code is not None and not is_full:
        row = await stored.spend(work, link_codes.hash_code(code), presented.identity.id)
        if row is None and await stored.was_made(work, link_codes.hash_code(code)):
            found = Reason.SPENT
    if counts[own] >= MOST_GUESSES:
        found = Reason.LOCKED
    elif is_full:
        found = Reason.ACCOUNT_LOCKED
    elif row is not None:
        found = await _why_not(work, presented, row) or await _apply(work, presented, row)
    if row is not None:
        outcome = found.value if isinstance(found, Reason) else "redeemed"
        await stored.note_outcome(work, row.id, outcome)
    if isinstance(found, Redeemed):
        return found
    refusals.count("link_code", found.value)
    refusal = Refusal(reason=found)
    if refusal.is_locked:
        return refusal
    # A claim can link nothing: it is no guess, and locks nobody else out.
    is_guess = row is None and presented.sender.level >= Level.ATTESTED
    limits = {own: MOST_GUESSES} | ({everybody: most} if is_guess else {})
    await stored.count_guesses(work, limits, WINDOW)
    locks = tuple(one for one, limit in limits.items() if counts[one] + 1 >= limit)
    for one in locks:
        log.warning("link_code.locked", account=presented.account_id, subject=one)
    return Refusal(reason=found, locks=locks)


async def _why_not(work: UnitOfWork, presented: Presented, row: LinkCodeRow) -> Reason | None:
    identity = presented.identity
    if row.expires_at <= work.now():
        return Reason.EXPIRED
    if min(presented.sender.level, identity.level) < Level.ATTESTED or is_claimed(identity.realm):
        return Reason.UNPROVEN
    if await stored.channel_of(work, presented.account_id) not in row.channels:
        return Reason.OTHER_CHANNEL
    if presented.is_public:
        return Reason.IN_PUBLIC
    if identity.is_shared:
        return Reason.SHARED
    allowed = set() if row.host_account is None else {row.host_account}
    root = (await persons.roots_of(work, [identity.home_person_id]))[identity.home_person_id]
    if not await identities.host_accounts_of(work, root) <= allowed:
        return Reason.OTHER_ACCOUNT
    if row.identity_id is None:
        return None
    maker = await _locked_maker(work, identity.home_person_id, row.identity_id)
    if maker is None or maker.level < row.level or maker.is_shared:
        return Reason.TAKEN_BACK
    if maker.host_account != row.host_account:
        return Reason.TAKEN_BACK if maker.host_account is None else Reason.OTHER_ACCOUNT
    return None


async def _locked_maker(work: UnitOfWork, person_id: int, identity_id: int) -> MakerRow | None:
    """Whom the code was made for, as they stay until the commit, beside who said it."""
    maker = await stored.find_maker(work, identity_id)
    if maker is None:
        return None
    await persons.lock_roots(work, [person_id, maker.home_person_id])
    return await stored.find_maker(work, identity_id)


async def _apply(work: UnitOfWork, presented: Presented, row: LinkCodeRow) -> Redeemed | Reason:
    identity, sender = presented.identity, presented.sender
    if row.host_account is None:
        return await _join(work, presented, row)
    at = work.now().isoformat()
    account_proof = Evidence(
        kind=EvidenceKind.HOST_VERIFIED, proof={"host_account": row.host_account, "at": at}
    )
    proof = Evidence(
        kind=EvidenceKind.LINK_CODE,
        proof={
            "host_account": row.host_account,
            "code": str(row.id),
            "made_by": row.made_by,
            "at": at,
        },
    )
    try:
        async with work.savepoint():
            root = await link(
                work,
                row.host_account,
                [
                    account_statement(row.host_account, "", account_proof),
                    Statement(identity.key, sender.shown_as, (proof,)),
                ],
                own=identity.key,
                name=sender.shown_as or sender.handle,
                language=sender.language,
            )
    except ServiceError as error:
        is_other = error.code == "linked_elsewhere"
        return Reason.OTHER_ACCOUNT if is_other else Reason.TAKEN_BACK
    return Redeemed(code_id=row.id, host_account=row.host_account, root_id=root)


async def _join(work: UnitOfWork, presented: Presented, row: LinkCodeRow) -> Redeemed | Reason:
    assert row.identity_id is not None
    maker = await stored.find_maker(work, row.identity_id)
    if maker is None:
        return Reason.TAKEN_BACK
    home = presented.identity.home_person_id
    joined = await join_by_code(work, home, maker.home_person_id, code_id=row.id)
    if not joined:
        return Reason.OTHER_ACCOUNT
    root = (await persons.lock_roots(work, [home]))[home]
    return Redeemed(code_id=row.id, host_account=None, root_id=root)
