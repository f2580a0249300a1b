"""Routes: the first set-up, signing in and out, accepting an invitation."""

from http.cookies import SimpleCookie
from typing import Annotated

import msgspec
from aiohttp import web

from router.services import agents, sign_in
from router.services.callers import SESSION_LONGEST, Caller, find_session_caller
from router.services.roles import Permission, Role
from router.services.sign_in import NewSession, Origin, SignInRefused, TooManyTries, TotpRequired
from router.storage import outbox
from router.web.addresses import client_address
from router.web.auth import cookie_name, find_caller, session_token
from router.web.context import Call
from router.web.policy import SIGNED_IN, public
from router.web.problems import ApiError
from router.web.routes import Answer, Routes
from router.web.shapes import Profile, to_profile

routes = Routes(tag="sign-in")

BEFORE_SIGN_IN = public("It comes before one is signed in.")
LANGUAGES = ("en", "zh", "ru")

Short = Annotated[str, msgspec.Meta(max_length=320)]
Secret = Annotated[str, msgspec.Meta(max_length=1024)]


class SetupState(msgspec.Struct, frozen=True, kw_only=True):
    needed: bool
    has_agents: bool


class NewAgent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Secret
    """From the link."""
    name: Short
    email: Short
    password: Secret


class Credentials(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Short
    password: Secret
    totp: Annotated[str, msgspec.Meta(max_length=20)] | None = None


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, and what they may do."""

    agent: Profile
    csrf_token: str
    """For the X-CSRF-Token header of every unsafe call."""
    permissions: tuple[Permission, ...]
    position: int
    """Of the feed: whatever is asked for after this answer shows all events up to here."""
    languages: tuple[str, ...] = LANGUAGES
    needs_totp: bool = False
    """A second factor must be set up before anything else."""
    access_classes: tuple[str, ...] = ()
    """Of the cases that they see: `normal`, and what their teams see beside."""
    is_demo: bool = False
    """Everybody who writes to this desk is made up."""


class WhoIsHere(msgspec.Struct, frozen=True, kw_only=True):
    """Who a page belongs to, before it knows."""

    me: Me | None
    """None: nobody is signed in."""
    setup_is_needed: bool
    """The first agent is still to be made."""


@routes.get("/session", policy=BEFORE_SIGN_IN)
async def read_session(call: Call) -> WhoIsHere:
    """Who is signed in, if anybody. No refusal: browsers log each as an error of the page."""
    caller = await find_caller(call.context, call.request)
    if caller is not None and caller.role is not Role.HOST:
        return WhoIsHere(me=await to_me(call, caller), setup_is_needed=False)
    has_agents = await agents.agents_exist(call.context.database)
    return WhoIsHere(me=None, setup_is_needed=not has_agents)


@routes.get("/setup", policy=BEFORE_SIGN_IN)
async def read_setup(call: Call) -> SetupState:
    """Whether the first agent is still to be made."""
    has_agents = await agents.agents_exist(call.context.database)
    return SetupState(needed=not has_agents, has_agents=has_agents)


@routes.post("/setup", policy=BEFORE_SIGN_IN, status=201, errors=(409, 429))
async def set_up(call: Call, body: NewAgent) -> Answer[Me]:
    """Make the first owner with the link that `serve` printed, and sign in."""
    made = await agents.set_up(
        call.context.database,
        call.context.passwords,
        token=body.token,
        name=body.name,
        email=body.email,
        password=body.password,
        origin=_origin(call),
    )
    return await _signed_in(call, made, status=201)


@routes.post("/invitations/accept", policy=BEFORE_SIGN_IN, status=201, errors=(401, 409))
async def accept_invitation(call: Call, body: NewAgent) -> Answer[Me]:
    """Become an agent by a link, or set a new password by one, and sign in.

    401 `totp_required`: the new password holds; sign in with it and a code.
    """
    made = await agents.accept_invitation(
        call.context.database,
        call.context.passwords,
        token=body.token,
        name=body.name,
        email=body.email,
        password=body.password,
        origin=_origin(call),
    )
    if made is None:
        raise ApiError(401, "totp_required", "The new password holds. Sign in with a code.")
    return await _signed_in(call, made, status=201)


@routes.post("/login", policy=BEFORE_SIGN_IN, errors=(401, 429))
async def log_in(call: Call, body: Credentials) -> Answer[Me]:
    """Sign in. 401 `totp_required` asks for a code; 401 `refused` says no more than that."""
    try:
        made = await sign_in.sign_in(
            call.context.database,
            call.context.keyring,
            call.context.passwords,
            email=body.email,
            password=body.password,
            code=body.totp,
            origin=_origin(call),
        )
    except (SignInRefused, TotpRequired) as error:
        raise ApiError(401, error.code, str(error)) from error
    except TooManyTries as error:
        raise too_many(error) from error
    return await _signed_in(call, made)


def too_many(error: TooManyTries) -> ApiError:
    wait = {"Retry-After": str(int(error.retry_after.total_seconds()))}
    return ApiError(429, error.code, str(error), headers=wait)


@routes.post("/logout", policy=SIGNED_IN)
async def log_out(call: Call) -> Answer[None]:
    """End this session; its sockets close."""
    caller = call.caller
    if caller.session_id is None:
        raise ApiError(400, "no_session", "A token is no session: delete it instead.")
    await sign_in.end_session(call.context.database, caller.agent_id, caller.session_id)
    return Answer(None, headers=(_cookie(call, "", 0),))


@routes.get("/me", policy=SIGNED_IN)
async def read_me(call: Call) -> Me:
    """Who is signed in."""
    return await to_me(call, call.caller)


async def to_me(call: Call, caller: Caller) -> Me:
    database = call.context.database
    agent = await agents.load_agent(database, caller.agent_id)
    async with database.reading_once() as work:
        position = (await outbox.extent(work)).newest
    return Me(
        agent=to_profile(agent),
        csrf_token=caller.csrf_token or "",
        permissions=tuple(sorted(caller.permissions)),
        access_classes=tuple(sorted(caller.access_classes)),
        position=position,
        needs_totp=call.context.settings.require_totp
        and caller.session_id is not None
        and not caller.has_totp,
        is_demo=call.context.crowd is not None,
    )


async def _signed_in(call: Call, made: NewSession, *, status: int = 200) -> Answer[Me]:
    caller = await find_session_caller(call.context.database, made.token)
    if caller is None:
        raise ApiError(401, "signed_out", "Sign in first.")
    cookie = _cookie(call, made.token, int(SESSION_LONGEST.total_seconds()))
    return Answer(await to_me(call, caller), status=status, headers=(cookie,))


def _cookie(call: Call, token: str, max_age: int) -> tuple[str, str]:
    settings = call.context.settings
    name = cookie_name(settings)
    jar: SimpleCookie = SimpleCookie()
    jar[name] = token
    # RFC 6265bis: `__Host-` asks for Secure, the path / and no Domain.
    jar[name]["path"] = "/"
    jar[name]["max-age"] = max_age
    jar[name]["httponly"] = True
    jar[name]["samesite"] = "Lax"
    if settings.is_https:
        jar[name]["secure"] = True
    return "Set-Cookie", jar[name].OutputString()


def _origin(call: Call) -> Origin:
    request: web.Request = call.request
    return Origin(
        address=client_address(call.context.settings, request),
        device=request.headers.get("User-Agent", "").encode("ascii", "replace").decode(),
        former_token=session_token(call.context.settings, request),
    )
