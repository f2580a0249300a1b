"""Which pages may embed the widget."""

from collections.abc import Sequence
from urllib.parse import urlsplit

DEFAULT_PORTS = {"https": 443, "http": 80}


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as a browser writes them in `Origin`."""
    parts = urlsplit(url)
    port = "" if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname or ''}{port}".lower()


def is_allowed(origin: str, patterns: Sequence[str]) -> bool:
    """An exact origin, or a pattern: `https://*.example.com` (never example.com itself), `:*`.

    `null`, which sandboxed frames and local files send, matches nothing.
    """
    try:
        asked = urlsplit(origin)
        port = asked.port or DEFAULT_PORTS.get(asked.scheme)
    except ValueError:
        return False
    if asked.scheme not in DEFAULT_PORTS or not asked.hostname or origin != origin_of(origin):
        return False
    return any(_matches(asked.scheme, asked.hostname, port, pattern) for pattern in patterns)


def _matches(scheme: str, host: str, port: int | None, pattern: str) -> bool:
    wanted_scheme, _, rest = pattern.partition("://")
    wanted_host, _, wanted_port = rest.partition(":")
    if scheme != wanted_scheme:
        return False
    if wanted_port != "*" and port != int(wanted_port or DEFAULT_PORTS[scheme]):
        return False
    if wanted_host.startswith("*."):
        return host.endswith(wanted_host[1:]) and host != wanted_host[2:]
    return host == wanted_host
