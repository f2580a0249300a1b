"""The guard that keeps a test run on this machine: a socket beyond loopback raises.

An audit hook sees every socket that Python opens, whichever library asked for it. It can't be taken
out again, which is what we want. Child processes are not under it: they get loopback addresses.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any

_CONNECTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})


class BeyondLoopbackError(AssertionError):
    """A test tried to reach another machine."""


def install() -> None:
    """From now on, for the rest of this process, nothing leaves the machine."""
    sys.addaudithook(_check)


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _CONNECTS:
        address = arguments[1]
        # A path is a Unix socket; a tuple that begins with a number is a kernel's own family.
        if isinstance(address, tuple) and isinstance(address[0], str):
            _check_host(address[0], event)
    elif event in _LOOKUPS:
        name = arguments[0]
        if isinstance(name, bytes):
            name = name.decode("ascii", "replace")
        if name and not _is_address(name):
            _check_host(name, event)


def _check_host(host: str, event: str) -> None:
    if is_loopback(host):
        return
    if host.rstrip(".").endswith(".invalid"):
        # RFC 6761, 6.4: such a name never resolves. Answered here, so that no resolver is asked.
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    raise BeyondLoopbackError(f"{event} to {host}: tests stay on loopback")


def is_loopback(host: str) -> bool:
    """True for this machine's loopback addresses, for `localhost` and for its own name."""
    if not _is_address(host):
        name = host.rstrip(".").lower()
        own_name = socket.gethostname().lower()
        return name in {"", "localhost", own_name} or name.endswith(".localhost")
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
