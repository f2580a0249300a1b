"""A name for this process, by which another on the same machine can tell that it is gone."""

import os
import socket
from pathlib import Path

_SEPARATOR = "/"
_GONE_STATES = frozenset("ZX")


def own_name() -> str:
    """Unique for ever: host, machine, process id, and when the process began."""
    pid = os.getpid()
    began = _began(pid) or os.urandom(4).hex()
    return _SEPARATOR.join((socket.gethostname(), _machine(), str(pid), began))


def is_gone(name: str) -> bool:
    """True only if this machine can see for certain that the process has ended.

    A process elsewhere, in another container or of another boot is never judged: its number
    says nothing here.
    """
    parts = name.split(_SEPARATOR)
    if len(parts) != 4 or not parts[1] or parts[1] != _machine() or not parts[2].isdecimal():
        return False
    return _began(int(parts[2])) != parts[3]


def _machine() -> str:
    """This boot of this kernel, and the name space of process ids. Empty: it cannot be told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}.{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _began(pid: int) -> str | None:
    """The tick at which a living process began; None if there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The second field is the program's name, which may hold blanks and brackets.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in _GONE_STATES else fields[19]
