"""What a route demands of whoever calls it. Every route declares one; there is no default."""

from dataclasses import dataclass

from router.services.roles import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Made by `allow`, `public`, `guarded`, or `SIGNED_IN`."""

    name: str
    """As the list of routes and the API's documentation show it."""
    permission: Permission | None = None
    needs_agent: bool = True
    checks_origin: bool = True
    """Unsafe calls must come from our own pages, unless a bearer token carries them."""
    works_before_totp: bool = False
    """Open to an agent who must set up a second factor and has not."""
    reason: str = ""
    """Why somebody who is not signed in may call it."""


SIGNED_IN = Policy(name="signed_in", works_before_totp=True)
"""Any agent, about themselves."""


def allow(permission: Permission) -> Policy:
    """Agents and tokens whose role has the permission."""
    return Policy(name=permission.value, permission=permission)


def public(reason: str) -> Policy:
    """Anybody."""
    return Policy(name="public", needs_agent=False, reason=reason)


def guarded(by: str) -> Policy:
    """No agent: the route itself checks another proof, such as a visitor's token or a signature."""
    return Policy(name="guarded", needs_agent=False, checks_origin=False, reason=by)
