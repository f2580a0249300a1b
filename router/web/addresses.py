"""From which address a request really comes, also behind a trusted proxy."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from aiohttp import web

from router.settings import Settings

Network = IPv4Network | IPv6Network


def client_address(settings: Settings, request: web.Request) -> str:
    """The peer, or, if that is a trusted proxy, the nearest address it names that is none.

    Entries further left are whatever the client wrote, and are not believed.
    """
    peer = request.remote or ""
    trusted = _networks(settings.trusted_proxies)
    if not trusted or not _is_in(peer, trusted):
        return peer
    named = ",".join(request.headers.getall("X-Forwarded-For", []))
    for entry in reversed([one.strip() for one in named.split(",") if one.strip()]):
        if not _is_in(entry, trusted):
            return entry if _is_address(entry) else peer
    return peer


@lru_cache(maxsize=8)
def _networks(texts: Sequence[str]) -> tuple[Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    if not _is_address(address):
        return False
    parsed = ip_address(address)
    return any(parsed.version == one.version and parsed in one for one in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
