"""One HTTP session for everything that fetches on our behalf, refusing addresses inside.

The address is judged at connect, after name resolution, so a name that changes its mind between
look-up and connect is refused too (SSRF by DNS rebinding).
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import aiohttp

TOTAL_SECONDS = 60
CONNECT_SECONDS = 10

_INSIDE = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/128", "::1/128", "100::/64", "2001:2::/48", "2001:db8::/32", "fc00::/7",
        "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
"""RFC 6890 and later registrations. `ipaddress.is_global` gets several of these wrong."""

_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_COMPATIBLE = IPv6Network("::/96")

Network = IPv4Network | IPv6Network


class AddressRefused(OSError):
    """The address is inside, and not on the operator's allow list."""


def is_inside(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is private, local or special, an IPv4 address hidden in an IPv6 one included."""
    if isinstance(address, IPv6Address):
        hidden = _hidden_ipv4(address)
        if hidden is not None:
            return is_inside(hidden)
    return any(address in network for network in _INSIDE if network.version == address.version)


def _hidden_ipv4(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    number = int(address)
    if address in _NAT64 or (address in _COMPATIBLE and number > 0xFFFF):
        return IPv4Address(number & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address((number >> 80) & 0xFFFFFFFF)
    return None


class EgressGuard:
    """Decides, and makes sessions that obey."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        """`allowed`: networks inside that may be reached all the same, such as `10.1.2.0/24`."""
        self._allowed: tuple[Network, ...] = tuple(ip_network(text) for text in allowed)

    def allows(self, host: str) -> bool:
        address = ip_address(host.partition("%")[0])
        if any(address in net for net in self._allowed if net.version == address.version):
            return True
        return not is_inside(address)

    def session(self) -> aiohttp.ClientSession:
        """Close it when done. Redirects are judged like first addresses; no cookies are kept."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=self.open_socket, limit=100),
            timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=8190,
            max_field_size=8190,
        )

    def open_socket(self, info: Any) -> socket.socket:
        """For a connection there. Raises AddressRefused."""
        family, kind, protocol, _, address = info
        if not self.allows(address[0]):
            raise AddressRefused(f"{address[0]} is inside; allow it with egress_allow")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made
