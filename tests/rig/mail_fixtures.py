"""The fixtures `mail_servers` and `mail`, for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests import run_folder
from tests.rig.mail_servers import MailServers, MailSystem


@pytest.fixture(scope="session")
def mail_servers() -> Iterator[MailServers]:
    """A real Dovecot and a real Postfix, for the whole run."""
    system = MailSystem(run_folder.path() / f"mail-{os.getpid()}")
    system.start()
    yield system.servers
    system.stop()


@pytest.fixture
async def mail(mail_servers: MailServers) -> MailServers:
    """The same servers with empty mailboxes."""
    await mail_servers.empty()
    return mail_servers
