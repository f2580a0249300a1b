"""Debian's Postfix on loopback, an instance of its own: submission, and delivery into Dovecot.

It touches no /etc and sends nothing off the machine: mail for a domain that isn't here bounces, by
a real delivery status notification. Its master gives up root by itself and so needs to begin as it.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from tests.real import missing, require_program
from tests.rig.ports import START_LIMIT_S, wait_until_open

# Refused for now, at RCPT; whoever tries again later is told the same.
BUSY_ADDRESS = "busy@people.test"
# Accepted, and then returned: any address in a domain that nobody here serves.
BOUNCING_ADDRESS = "gone@elsewhere.test"
SIZE_LIMIT = 10 * 1024 * 1024


class Postfix:
    """One instance. Keeps its ports and its queue over a stop and a start."""

    def __init__(
        self,
        folder: Path,
        *,
        inside_port: int,
        submission_port: int,
        lmtp_port: int,
        sasl_port: int,
    ) -> None:
        self._folder = folder
        self._inside_port = inside_port
        self._submission_port = submission_port
        self._lmtp_port = lmtp_port
        self._sasl_port = sasl_port

    def lay(self, addresses: Iterable[str]) -> None:
        """Write the configuration for these mailboxes, with an empty queue."""
        require_program("postfix")
        if os.geteuid() != 0:
            missing("Postfix starts as root only")
        owner = pwd.getpwnam("postfix")
        for name in ("config", "queue", "state"):
            (self._folder / name).mkdir(parents=True)
        os.chown(self._folder / "state", owner.pw_uid, owner.pw_gid)
        addresses = list(addresses)
        (self._config / "main.cf").write_text(self._main(addresses), encoding="utf-8")
        (self._config / "master.cf").write_text(self._master(), encoding="utf-8")

    def start(self) -> None:
        """Return once both ports answer."""
        self._control("start")
        for port in (self._inside_port, self._submission_port):
            try:
                wait_until_open(port)
            except TimeoutError as error:
                self.stop()
                raise RuntimeError(f"Postfix did not start:\n{self.log()}") from error

    def stop(self) -> None:
        """Return once its master is gone. `postfix stop` ends this instance by its own pid file."""
        master = self._master_pid()
        if master is None:
            return
        self._control("stop")
        deadline = time.monotonic() + START_LIMIT_S
        while Path(f"/proc/{master}").exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    def log(self) -> str:
        """What it said, for a failed test's report."""
        log = self._folder / "postfix.log"
        return log.read_text(errors="replace") if log.exists() else ""

    @property
    def _config(self) -> Path:
        return self._folder / "config"

    def _master_pid(self) -> int | None:
        try:
            return int((self._folder / "queue" / "pid" / "master.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def _control(self, command: str) -> None:
        done = subprocess.run(
            [require_program("postfix"), "-c", self._config, command],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        if done.returncode:
            raise RuntimeError(f"postfix {command}: {done.stdout}{done.stderr}\n{self.log()}")

    def _main(self, addresses: list[str]) -> str:
        folder = self._folder
        domains = sorted({address.partition("@")[2] for address in addresses})
        mailboxes = ", ".join(f"{{ {address} = x }}" for address in addresses)
        return f"""
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/state
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = mx.mail.test
mydomain = mail.test
mydestination =
local_transport = error:5.1.1 no local mailboxes
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = {", ".join(domains)}
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_transport = lmtp:inet:127.0.0.1:{self._lmtp_port}
# Dovecot does not know them either, and says so: a report goes back, as from a far server.
default_transport = lmtp:inet:127.0.0.1:{self._lmtp_port}
recipient_delimiter = +
smtp_dns_support_level = disabled
lmtp_dns_support_level = disabled
smtp_host_lookup = native
lmtp_host_lookup = native
message_size_limit = {SIZE_LIMIT}
smtpd_peername_lookup = no
# Tests connect more often than people do, and make more mistakes.
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 1000
smtpd_soft_error_limit = 1000
smtpd_delay_reject = yes
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{ {BUSY_ADDRESS} = 451 4.7.1 Try again later }} }},
    permit_mynetworks, permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{self._sasl_port}
smtpd_sasl_security_options = noanonymous
smtpd_tls_security_level = none
smtputf8_enable = yes
queue_run_delay = 5s
minimal_backoff_time = 5s
maximal_backoff_time = 10s
"""

    def _master(self) -> str:
        rows = [
            (f"127.0.0.1:{self._inside_port}", "inet", "smtpd"),
            (f"127.0.0.1:{self._submission_port}", "inet", "smtpd -o smtpd_sasl_auth_enable=yes"),
            ("pickup", "unix", "pickup"),
            ("cleanup", "unix", "cleanup"),
            ("qmgr", "unix", "qmgr"),
            ("rewrite", "unix", "trivial-rewrite"),
            ("bounce", "unix", "bounce"),
            ("defer", "unix", "bounce"),
            ("trace", "unix", "bounce"),
            ("verify", "unix", "verify"),
            ("flush", "unix", "flush"),
            ("proxymap", "unix", "proxymap"),
            ("smtp", "unix", "smtp"),
            ("relay", "unix", "smtp"),
            ("lmtp", "unix", "lmtp"),
            ("error", "unix", "error"),
            ("retry", "unix", "error"),
            ("discard", "unix", "discard"),
            ("anvil", "unix", "anvil"),
            ("scache", "unix", "scache"),
            ("postlog", "unix-dgram", "postlogd"),
        ]
        lines = []
        for name, kind, command in rows:
            private = "n" if kind == "inet" or name in _PUBLIC else "y"
            most = "1" if command in _ALONE else "0" if command in _UNLIMITED else "-"
            # No chroot: libraries and databases would have to be copied into it.
            lines.append(f"{name} {kind} {private} - n - {most} {command}\n")
        return "".join(lines)


# As in the master.cf that Debian ships: reachable by set-gid commands, one process at most, any
# number of processes.
_PUBLIC = frozenset({"pickup", "cleanup", "qmgr", "flush", "postlog"})
_ALONE = frozenset({"pickup", "qmgr", "verify", "anvil", "scache", "postlogd"})
_UNLIMITED = frozenset({"cleanup", "bounce", "flush"})
