"""The host's example client, and the curl lines of its page, against a served desk."""

import asyncio
import importlib.util
import json
import re
import subprocess
from pathlib import Path
from shutil import which
from types import ModuleType
from typing import Any

import pytest

from router.services.roles import Role
from router.storage import outbox_numbering
from tests.real import missing
from tests.services.builders import make_account
from tests.web.desk import Desk

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "host-api.md"


def loaded() -> ModuleType:
    path = ROOT / "examples" / "host_client" / "onethread_host.py"
    spec = importlib.util.spec_from_file_location("onethread_host", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_the_example_client_says_all_that_there_is_to_say(desk: Desk) -> None:
    site = await desk.token(Role.HOST)
    await make_account(desk.database)
    client = loaded()
    token = site.headers["Authorization"].removeprefix("Bearer ")
    host = client.HostDesk(str(desk.server.make_url("/")), token)

    def tell() -> dict[str, Any]:
        found: dict[str, Any] = {"none": host.read("a/b")}
        host.declare("a/b", display_name="Ana", tier="vip", attributes={"since": 2019})
        found["link"] = host.link("a/b", "email", "Ana@example.com", shown_as="Ana")
        found["code"] = host.make_link_code("a/b")
        found["read"] = host.read("a/b")
        with pytest.raises(client.HostError) as refused:
            host.declare("a/b", tier=7)
        found["refused"] = (refused.value.status, refused.value.code, refused.value.field)
        with pytest.raises(client.HostError) as unknown:
            host.confirm_step_up("nobody-asked", "a/b")
        found["unknown"] = unknown.value.status
        return found

    found = await asyncio.to_thread(tell)
    async with desk.database.transaction() as work:
        await outbox_numbering.claim(work, 1)
        await outbox_numbering.number(work, 1, limit=1000)
    events = await asyncio.to_thread(lambda: list(host.events()))
    await asyncio.to_thread(host.unlink, "a/b", "email", "ana@example.com")
    await asyncio.to_thread(host.close, "a/b")
    last = await asyncio.to_thread(host.read, "a/b")

    assert found["none"] is None
    assert found["link"]["handle"] == "ana@example.com"
    assert len(found["code"]["code"]) == len("XXXX-XXXX-XXXX")
    assert found["read"]["tier"] == "vip"
    assert [one["handle"] for one in found["read"]["links"]] == ["ana@example.com"]
    assert found["refused"] == (400, "invalid", "tier")
    assert found["unknown"] == 404
    assert {one["accounts"][0] for one in events} == {"a/b"}
    assert (last["links"], last["closed_at"] is None) == ([], False)


async def test_the_curl_lines_of_the_page_do_what_it_says(desk: Desk) -> None:
    if which("curl") is None:
        missing("curl is not installed")
    site = await desk.token(Role.HOST)
    await make_account(desk.database)
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    lines = "\n".join(block for block in blocks if "curl" in block)
    variables = {
        "DESK": str(desk.server.make_url("")).rstrip("/"),
        "TOKEN": site.headers["Authorization"].removeprefix("Bearer "),
        "STEP_UP": "nobody-asked",
        "PATH": "/usr/bin:/bin",
    }
    script = lines.replace("curl -s", "curl -s -w '\\n%{http_code}\\n'")

    done = await asyncio.to_thread(
        subprocess.run, ["sh", "-ec", script], env=variables, capture_output=True, text=True
    )

    said = done.stdout.splitlines()
    assert done.stderr == ""
    statuses = [int(line) for line in said if re.fullmatch(r"\d{3}", line)]
    assert statuses == [201, 200, 201, 204, 201, 404, 200]
    bodies = [json.loads(line) for line in said if line.startswith("{")]
    assert bodies[1]["attributes"] == {"since": 2019}
    assert bodies[2]["handle"] == "ana@example.com"
