"""The second factor: time-based codes (RFC 6238), each step good once."""

import io
from dataclasses import dataclass
from datetime import datetime

import pyotp

from router.services import audit
from router.services.errors import Conflict, Forbidden, NotFound, Refused
from router.services.keyring import Keyring
from router.services.roles import Role, may_grant
from router.storage import agents
from router.storage.agents import AgentRow
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork

ISSUER = "onethread"
_STEP_SECONDS = 30
_DRIFT = 1
"""Steps that a clock may be off, either way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpSecret:
    """Shown once, to be confirmed with a code."""

    secret: str
    uri: str
    qr_svg: str


async def begin_totp(database: Database, keyring: Keyring, agent_id: int) -> TotpSecret:
    """A new secret, not in force before `confirm_totp`. Raises Conflict if one is in force."""
    secret = pyotp.random_base32()
    async with database.transaction() as work:
        agent = await _load(work, agent_id)
        if agent.has_totp:
            raise Conflict("A second factor is set up already; remove it first.", code="has_totp")
        sealed = keyring.seal(secret.encode(), row=_row(agent_id))
        await agents.set_totp(work, agent_id, sealed=sealed, is_confirmed=False)
    import segno  # with the first code that is drawn: most processes draw none

    uri = pyotp.TOTP(secret).provisioning_uri(name=agent.email, issuer_name=ISSUER)
    drawn = io.BytesIO()
    segno.make(uri).save(drawn, kind="svg", scale=4, xmldecl=False, nl=False)
    return TotpSecret(secret=secret, uri=uri, qr_svg=drawn.getvalue().decode())


async def confirm_totp(database: Database, keyring: Keyring, agent_id: int, code: str) -> None:
    """From now on signing in asks for a code. Raises Refused if this one is wrong."""
    async with database.transaction() as work:
        agent = await _load(work, agent_id)
        if agent.has_totp or agent.sealed_totp is None:
            raise Conflict("There is no second factor to confirm.", code="nothing_to_confirm")
        step = _matching_step(keyring, agent, code, work.now())
        if step is None:
            raise _wrong_code()
        await agents.set_totp(work, agent_id, sealed=agent.sealed_totp, is_confirmed=True)
        await agents.spend_totp_step(work, agent_id, step)
        await audit.record(work, f"agents/{agent_id}", "totp.added", f"agents/{agent_id}")


async def remove_totp(database: Database, keyring: Keyring, agent_id: int, code: str) -> None:
    """Raises Refused if the code is wrong or was used."""
    async with database.transaction() as work:
        agent = await _load(work, agent_id)
        if not agent.has_totp:
            raise NotFound("There is no second factor.")
        if not await spend_code(work, keyring, agent, code):
            raise _wrong_code()
        await agents.set_totp(work, agent_id, sealed=None, is_confirmed=False)
        await audit.record(work, f"agents/{agent_id}", "totp.removed", f"agents/{agent_id}")


async def reset_totp(
    database: Database, actor: str, agent_id: int, *, granter: Role = Role.OWNER
) -> None:
    """For an agent who lost the device: signing in asks for no code until they set up another.

    Raises NotFound, Forbidden.
    """
    async with database.transaction() as work:
        await agents.lock_roster(work)
        agent = await _load(work, agent_id)
        if not may_grant(granter, Role(agent.role)):
            raise Forbidden("Only an owner may do that to an owner.")
        await agents.set_totp(work, agent_id, sealed=None, is_confirmed=False)
        await audit.record(work, actor, "totp.reset", f"agents/{agent_id}")


async def spend_code(work: UnitOfWork, keyring: Keyring, agent: AgentRow, code: str) -> bool:
    """Whether the code is right and was never used; it is used now."""
    step = _matching_step(keyring, agent, code, work.now())
    return step is not None and await agents.spend_totp_step(work, agent.id, step)


def _matching_step(keyring: Keyring, agent: AgentRow, code: str, now: datetime) -> int | None:
    if agent.sealed_totp is None or not (len(code) == 6 and code.isascii() and code.isdigit()):
        return None
    secret = keyring.unseal(agent.sealed_totp, row=_row(agent.id)).decode()
    current = int(now.timestamp()) // _STEP_SECONDS
    generator = pyotp.TOTP(secret)
    found = None
    for step in range(current - _DRIFT, current + _DRIFT + 1):
        if pyotp.utils.strings_equal(generator.generate_otp(step), code):
            found = step
    return found


def _row(agent_id: int) -> str:
    return f"agents/{agent_id}"


def _wrong_code() -> Refused:
    return Refused("The code is not right, or was used before.", code="wrong_code", field="code")


async def _load(work: UnitOfWork, agent_id: int) -> AgentRow:
    agent = await agents.find(work, agent_id)
    if agent is None:
        raise NotFound("There is no such agent.")
    return agent
