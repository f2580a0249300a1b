"""What a test does when a real server or a real browser is not on this machine."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing(what: str) -> NoReturn:
    """Skip with the reason; fail where ONETHREAD_REQUIRE_REAL is set, as CI does."""
    reason = f"{what}; `make system` installs what the tests need, where it may"
    if os.environ.get("ONETHREAD_REQUIRE_REAL"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def require_program(name: str) -> str:
    """The path of an installed program. Looks in sbin too, which is not in everybody's PATH."""
    search = os.pathsep.join([os.environ.get("PATH", ""), _SYSTEM_FOLDERS])
    return shutil.which(name, path=search) or missing(f"{name} is not installed")
