"""Debian's Dovecot on loopback: IMAP for the mailboxes, LMTP and SASL for Postfix. Touches no /etc.

Runs as root or not. The configuration is that of Dovecot 2.3; the language changed in 2.4.
"""

from __future__ import annotations

import grp
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.real import missing, require_program
from tests.rig.ports import START_LIMIT_S, wait_until_open


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One address that can be read by IMAP and written to, and whose owner may submit mail."""

    address: str
    password: str


class Dovecot:
    """One server of its own. Keeps its ports and its mail over a stop and a start."""

    def __init__(self, folder: Path, *, imap_port: int, lmtp_port: int, sasl_port: int) -> None:
        self._folder = folder
        self._imap_port = imap_port
        self._lmtp_port = lmtp_port
        self._sasl_port = sasl_port
        self._process: subprocess.Popen[bytes] | None = None

    def lay(self, mailboxes: Iterable[Mailbox]) -> None:
        """Write the configuration, with every mailbox empty."""
        program = require_program("dovecot")
        version = subprocess.check_output([program, "--version"], text=True)
        if not version.startswith("2.3."):
            missing(f"this rig speaks Dovecot 2.3, and {version.split()[0]} is installed")
        mail = self._folder / "mail"
        mail.mkdir(parents=True)
        owner = _owner_of_mail()
        if os.geteuid() == 0:
            os.chown(mail, owner.pw_uid, owner.pw_gid)
        lines = [f"{each.address}:{{PLAIN}}{each.password}\n" for each in mailboxes]
        (self._folder / "passwords").write_text("".join(lines), encoding="utf-8")
        self._configuration.write_text(self._text(owner), encoding="utf-8")

    def start(self) -> None:
        """Return once IMAP, LMTP and SASL answer."""
        with (self._folder / "start.log").open("ab") as log:
            self._process = subprocess.Popen(
                [require_program("dovecot"), "-F", "-c", self._configuration],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        for port in (self._imap_port, self._lmtp_port, self._sasl_port):
            try:
                wait_until_open(port)
            except TimeoutError as error:
                self.stop()
                raise RuntimeError(f"Dovecot did not start:\n{self.log()}") from error

    def stop(self) -> None:
        """Return once it is gone, with every connection to it."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(START_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        # Its children let go of connections a moment after their master.
        time.sleep(0.1)

    def log(self) -> str:
        """What it said, for a failed test's report."""
        logs = [self._folder / "start.log", self._folder / "dovecot.log"]
        return "".join(log.read_text(errors="replace") for log in logs if log.exists())

    @property
    def _configuration(self) -> Path:
        return self._folder / "dovecot.conf"

    def _text(self, owner: pwd.struct_passwd) -> str:
        login, internal, group = _accounts()
        folder = self._folder
        return f"""
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = onethread-{folder.name}
log_path = {folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
default_login_user = {login}
default_internal_user = {internal}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
# Tests log in faster than people do.
mail_max_userip_connections = 1000
auth_failure_delay = 0
login_trusted_networks = 127.0.0.0/8
recipient_delimiter = +
# The whole of IMAP that a connector may meet, IDLE at once included.
imap_idle_notify_interval = 2 mins

passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/passwords
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self._imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
  # Without it every log-in from here waits, once a test has tried a wrong password.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {self._lmtp_port}
  }}
}}
service auth {{
  inet_listener {{
    port = {self._sasl_port}
  }}
}}
"""


def _owner_of_mail() -> pwd.struct_passwd:
    """Root may not own mail: then it is Debian's account for owning nothing else."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def _accounts() -> tuple[str, str, str]:
    """Who runs the log-in, the inner services, and their group: the package's, or just us."""
    if os.geteuid() == 0:
        return "dovenull", "dovecot", "dovecot"
    name = pwd.getpwuid(os.geteuid()).pw_name
    return name, name, grp.getgrgid(os.getegid()).gr_name
