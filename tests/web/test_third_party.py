"""A connector that nobody here knows gets its form, its guide and its test from itself alone."""

import sys
from pathlib import Path
from typing import Any

import pytest

from core.scaffold import write_scaffold
from router.blobs.disk import DiskBlobs
from router.runtime.connectors import ConnectorFactory
from router.runtime.egress import EgressGuard
from router.runtime.registry import Registry, _read, load_object
from router.services.keyring import Keyring
from router.services.roles import Role
from router.storage.engine import Database
from tests.web.desk import Desk, open_desk

CHANNEL = "pigeon"


@pytest.fixture
async def desk(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    folder = tmp_path / "onethread_pigeon"
    write_scaffold(folder, CHANNEL)
    monkeypatch.syspath_prepend(tmp_path)
    known = Registry([_read(CHANNEL, folder)])
    blobs = DiskBlobs(tmp_path / "blobs")
    egress = EgressGuard(("127.0.0.0/8",))
    async with egress.session() as http:
        factory = ConnectorFactory(
            registry=known,
            keyring=Keyring("k" * 40),
            clock=database.clock,
            blobs=blobs,
            http=http,
            egress=egress,
            public_url="http://127.0.0.1:8080",
        )
        opened = await open_desk(database, blobs=blobs, registry=known, factory=factory)
        yield opened
        await opened.close()
    for name in [one for one in sys.modules if one.startswith("onethread_pigeon")]:
        del sys.modules[name]


async def test_a_scaffold_is_set_up_tested_and_added_with_no_code_of_ours(
    desk: Desk, tmp_path: Path
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    [channel] = (await owner.get("/channels")).body["channels"]
    assert channel["problem"] is None
    fields = channel["config_schema"]["properties"]
    assert fields["token"]["format"] == "password"
    assert (fields["api_base_url"]["title"], fields["api_base_url"]["description"]) == (
        "API address",
        "Where the network's API is, without a slash at the end.",
    )
    guide = (await owner.get(f"/channels/{CHANNEL}/guide")).body["text"]
    assert "## Set it up" in guide
    registry = desk.context.registry
    assert registry is not None
    sandbox = load_object(registry.manifest(CHANNEL).sandbox)()
    await sandbox.start(tmp_path)
    config = sandbox.account_config()

    tried = (await owner.post(f"/channels/{CHANNEL}/check", {"config": config})).body

    assert [(one["name"], one["ok"]) for one in tried["steps"]] == [
        ("Name", True),
        ("TCP", True),
        ("Sign in", True),
    ]
    added = await owner.post(
        "/accounts", {"channel": CHANNEL, "label": "Pigeons", "config": config}
    )
    assert added.status == 201, added.raw
    await sandbox.stop()
    address = f"/accounts/{added.body['id']}/check"
    failed = (await owner.post(address)).body["steps"][-1]
    assert (failed["name"], failed["ok"], failed["fix"] != "") == ("TCP", False, True)
