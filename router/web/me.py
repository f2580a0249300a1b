"""Routes: what agents change of themselves: profile, password, second factor, sessions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from router.services import agents, sign_in, totp
from router.services.errors import Refused
from router.services.sign_in import SignInRefused, TooManyTries
from router.web.arguments import Id
from router.web.auth import check_is_person
from router.web.context import Call
from router.web.policy import SIGNED_IN
from router.web.problems import ApiError
from router.web.routes import Routes
from router.web.sign_in import Me, Secret, Short, to_me, too_many

routes = Routes(tag="me")

MAX_SETTINGS = 16 * 1024


class ProfileChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Short | None = None
    language: Literal["en", "zh", "ru"] | None = None
    signature: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    settings: dict[str, Any] | None = None
    """The page's own; it replaces what was there."""


class NewPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    current: Secret
    new: Secret


class TotpSetup(msgspec.Struct, frozen=True, kw_only=True):
    secret: str
    uri: str
    qr_svg: str


class Code(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(max_length=20)]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    device: str
    address: str
    created_at: datetime
    seen_at: datetime
    is_current: bool


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    sessions: tuple[Session, ...]


@routes.patch("/me", policy=SIGNED_IN)
async def change_me(call: Call, body: ProfileChanges) -> Me:
    """Change one's name, language, signature or page settings."""
    check_is_person(call)
    if body.settings is not None and len(msgspec.json.encode(body.settings)) > MAX_SETTINGS:
        raise Refused(f"At most {MAX_SETTINGS} bytes.", code="too_large", field="settings")
    await agents.change_profile(
        call.context.database,
        call.caller.agent_id,
        name=body.name,
        language=body.language,
        signature=body.signature,
        settings=body.settings,
    )
    return await to_me(call, call.caller)


@routes.post("/me/password", policy=SIGNED_IN, errors=(429,))
async def change_password(call: Call, body: NewPassword) -> None:
    """Change one's password; all other sessions end."""
    check_is_person(call)
    try:
        async with _one_guess(call):
            await sign_in.change_password(
                call.context.database,
                call.context.passwords,
                agent_id=call.caller.agent_id,
                session_id=call.caller.session_id,
                current=body.current,
                new=body.new,
            )
    except SignInRefused as error:
        raise ApiError(400, error.code, str(error), field="current") from error


@routes.post("/me/totp", policy=SIGNED_IN, errors=(409,))
async def begin_totp(call: Call) -> TotpSetup:
    """A new secret for an authenticator. In force once confirmed."""
    check_is_person(call)
    made = await totp.begin_totp(call.context.database, call.context.keyring, call.caller.agent_id)
    return TotpSetup(secret=made.secret, uri=made.uri, qr_svg=made.qr_svg)


@routes.post("/me/totp/confirm", policy=SIGNED_IN, errors=(409, 429))
async def confirm_totp(call: Call, body: Code) -> None:
    """Prove that the authenticator has the secret: from now on it is asked for."""
    check_is_person(call)
    context = call.context
    async with _one_guess(call):
        await totp.confirm_totp(context.database, context.keyring, call.caller.agent_id, body.code)


@routes.delete("/me/totp", policy=SIGNED_IN, errors=(404, 429))
async def remove_totp(call: Call, body: Code) -> None:
    """Do without a second factor."""
    check_is_person(call)
    context = call.context
    async with _one_guess(call):
        await totp.remove_totp(context.database, context.keyring, call.caller.agent_id, body.code)


@routes.get("/me/sessions", policy=SIGNED_IN)
async def list_sessions(call: Call) -> Sessions:
    """Where one is signed in."""
    rows = await sign_in.list_sessions(call.context.database, call.caller.agent_id)
    return Sessions(
        sessions=tuple(
            Session(
                id=row.id,
                device=row.device,
                address=row.address,
                created_at=row.created_at,
                seen_at=row.seen_at,
                is_current=row.id == call.caller.session_id,
            )
            for row in rows
        )
    )


@routes.delete("/me/sessions/{session_id}", policy=SIGNED_IN)
async def end_session(call: Call, session_id: Id) -> None:
    """Sign out elsewhere."""
    check_is_person(call)
    await sign_in.end_session(call.context.database, call.caller.agent_id, session_id)


@asynccontextmanager
async def _one_guess(call: Call) -> AsyncIterator[None]:
    """Counts as a failure unless it goes through. Raises ApiError 429."""
    context = call.context
    try:
        noted = await sign_in.note_guess(context.database, context.keyring, call.caller.agent_id)
    except TooManyTries as error:
        raise too_many(error) from error
    yield
    await sign_in.take_back_guess(context.database, noted)
