"""Signing in and out: passwords, second factors, limits on guessing, and the sessions made."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

from core.ids import hash_token, new_token
from router.services import audit
from router.services.callers import SESSION_IDLE, SESSION_LONGEST
from router.services.errors import NotFound, ServiceError
from router.services.keyring import Keyring
from router.services.passwords import Passwords
from router.services.totp import spend_code
from router.storage import agents, sessions
from router.storage.engine import Database
from router.storage.sessions import SessionRow
from router.storage.unit_of_work import UnitOfWork

WINDOW = timedelta(minutes=15)
TRIES_PER_NAME = 10
TRIES_PER_ADDRESS = 50
_LONGEST_DEVICE = 200


class SignInRefused(ServiceError):
    """The address, the password or the code is not right. Which one is not said."""

    code = "refused"


class TotpRequired(ServiceError):
    """The password is right; a code is needed as well."""

    code = "totp_required"


class TooManyTries(ServiceError):
    """Too many failures by this name or from this address. Raised before anything is checked."""

    code = "too_many"
    retry_after = WINDOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where somebody signs in from."""

    address: str
    device: str = ""
    former_token: str | None = None
    """Of the session that the browser brought along; it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    token: str
    """Goes into the cookie, and nowhere else."""
    agent_id: int


async def sign_in(
    database: Database,
    keyring: Keyring,
    passwords: Passwords,
    *,
    email: str,
    password: str,
    code: str | None,
    origin: Origin,
) -> NewSession:
    """A new session. Raises SignInRefused, TotpRequired, TooManyTries.

    A try is noted as a failure before it is made, so that tries at once, on any node, don't get
    past the limit, and taken back if it was none. Unknown names take as long as known ones.
    """
    name = normal_email(email)
    by_name = keyring.hash("login-limit", f"name:{name}")
    by_address = keyring.hash("login-limit", f"address:{_network(origin.address)}")
    failures = await _note_try(database, by_name, by_address)
    async with database.reading() as work:
        agent = await agents.find_by_email(work, name)
    known = agent.password_hash if agent is not None and agent.is_active else None
    is_right = await passwords.is_right(password, known)
    if agent is None or not is_right:
        raise SignInRefused("The address or the password is not right.")
    if agent.has_totp and not code:
        async with database.transaction() as work:
            await sessions.take_back_failures(work, failures)
        raise TotpRequired("Enter the code from your authenticator.")
    async with database.transaction() as work:
        if agent.has_totp and not await spend_code(work, keyring, agent, code or ""):
            raise SignInRefused("The code is not right, or was used before.")
        await sessions.forget_failures(work, by_name)
        await sessions.take_back_failures(work, failures)
        return await begin_session(work, agent.id, origin)


async def begin_session(work: UnitOfWork, agent_id: int, origin: Origin) -> NewSession:
    """A session of this agent; the one that the browser had before is over."""
    if origin.former_token is not None:
        await sessions.revoke_by_hash(work, hash_token(origin.former_token))
    token = new_token()
    session_id = await sessions.insert(
        work,
        agent_id=agent_id,
        token_hash=hash_token(token),
        csrf_token=new_token(),
        device=origin.device[:_LONGEST_DEVICE],
        address=origin.address,
        expires_at=work.now() + SESSION_LONGEST,
    )
    await audit.record(work, f"agents/{agent_id}", "session.begun", f"sessions/{session_id}")
    return NewSession(token=token, agent_id=agent_id)


async def list_sessions(database: Database, agent_id: int) -> list[SessionRow]:
    """The live ones, last used first."""
    idle_since = database.clock.now() - SESSION_IDLE
    async with database.reading() as work:
        return await sessions.list_live(work, agent_id, idle_since=idle_since)


async def end_session(database: Database, agent_id: int, session_id: int) -> None:
    """It is over at once; sockets that it opened close within 5 s. Raises NotFound."""
    async with database.transaction() as work:
        if not await sessions.revoke(work, session_id, agent_id=agent_id):
            raise NotFound("There is no such session.")
        await audit.record(work, f"agents/{agent_id}", "session.ended", f"sessions/{session_id}")


async def change_password(
    database: Database,
    passwords: Passwords,
    *,
    agent_id: int,
    session_id: int | None,
    current: str,
    new: str,
) -> None:
    """The new one holds, and all other sessions are over. Raises SignInRefused, Refused."""
    async with database.reading() as work:
        agent = await agents.find(work, agent_id)
    if agent is None or not await passwords.is_right(current, agent.password_hash):
        raise SignInRefused("The current password is not right.", field="current")
    password_hash = await passwords.hash(new, field="new")
    async with database.transaction() as work:
        await agents.set_password(work, agent_id, password_hash)
        await sessions.revoke_all(work, agent_id, but=session_id)
        await audit.record(work, f"agents/{agent_id}", "password.changed", f"agents/{agent_id}")


async def note_guess(database: Database, keyring: Keyring, agent_id: int) -> list[int]:
    """Somebody with this agent's session is about to say a password or code: it may be stolen.

    Give what comes back to `take_back_guess` if it was right. Raises TooManyTries.
    """
    subject = keyring.hash("login-limit", f"agent:{agent_id}")
    return await _note_try(database, subject, subject)


async def take_back_guess(database: Database, failures: list[int]) -> None:
    """It was no guess."""
    async with database.transaction() as work:
        await sessions.take_back_failures(work, failures)


async def _note_try(database: Database, by_name: str, by_address: str) -> list[int]:
    async with database.transaction() as work:
        failures = await sessions.note_failures(work, sorted({by_name, by_address}))
    # Counted after the commit: whoever tries at the same moment is counted as well.
    async with database.transaction() as work:
        since = work.now() - WINDOW
        counted = await sessions.count_failures(work, [by_name, by_address], since=since)
        if (
            counted.get(by_name, 0) <= TRIES_PER_NAME
            and counted.get(by_address, 0) <= TRIES_PER_ADDRESS
        ):
            return failures
        # A refused try is no guess: it must not lengthen the wait, or waiting would never end.
        await sessions.take_back_failures(work, failures)
    raise TooManyTries("Too many tries. Wait a quarter of an hour.")


def normal_email(email: str) -> str:
    """The form in which addresses of agents are stored and compared."""
    return email.strip().casefold()


def _network(address: str) -> str:
    """An IPv6 customer has at least a /64: its addresses count as one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)
