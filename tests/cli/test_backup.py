"""Backup and restore: everything is back, and nothing that waited goes out a second time."""

import hashlib
import json
from pathlib import Path

import pytest

from router.storage.backup import RESTORED
from tests.cli.conftest import Run, on_database

QUEUED = """
with a as (insert into accounts (channel, label, hook_token, created_at)
             values ('sample', 'A', 'h', now()) returning id),
     p as (insert into persons (root_id, created_at) values (1, now()) returning id),
     l as (insert into places (account_id, remote_place, kind, created_at)
             select id, 'p', 'direct', now() from a returning id, account_id),
     m as (insert into messages (person_id, place_id, account_id, direction, received_at)
             select p.id, l.id, l.account_id, 'out', now() from p, l returning *)
insert into deliveries (part, message_id, person_id, account_id, place_id, lane, send_key, state,
                        due_at, queued_at, state_at)
select s.n, m.id, m.person_id, m.account_id, m.place_id, s.name, s.name, s.name, now(), now(), now()
  from m, unnest(array['queued', 'held', 'sending', 'sent', 'failed']) with ordinality s(name, n)
"""


@pytest.fixture
def desk(run: Run, database_url: str, tmp_path: Path) -> Run:
    run(
        *("agent", "add", "owner@example.com", "--name", "Owner", "--role", "owner"),
        "--password-stdin",
        stdin=b"a long password\n",
    )
    on_database(database_url, QUEUED)
    blob = tmp_path / "data" / "blobs" / "ab" / "cd"
    blob.mkdir(parents=True)
    (blob / ("abcd" + "0" * 60)).write_bytes(b"a file")
    return run


def test_what_was_waiting_is_decided_by_an_agent_after_a_restore(
    desk: Run, database_url: str, tmp_path: Path
) -> None:
    """D9."""
    made = desk("backup", "copy", "--json")
    assert made.code == 0, made.err
    assert made.json["files"] == 1
    on_database(database_url, "update deliveries set state = 'sent'")
    (tmp_path / "data" / "blobs" / "ab" / "cd" / ("abcd" + "0" * 60)).unlink()

    done = desk("restore", "copy", "--yes", "--json")

    assert done.code == 0, done.err
    assert (done.json["held"], done.json["same_key"]) == (3, True)
    rows = on_database(database_url, "select send_key, state, reason from deliveries order by part")
    assert rows == [
        ("queued", "unknown", RESTORED),
        ("held", "unknown", RESTORED),
        ("sending", "unknown", RESTORED),
        ("sent", "sent", ""),
        ("failed", "failed", ""),
    ]
    assert (tmp_path / "data" / "blobs" / "ab" / "cd" / ("abcd" + "0" * 60)).is_file()
    assert desk("audit", "verify").code == 0
    assert len(desk("agent", "list", "--json").json["agents"]) == 1


def test_a_restore_that_fails_leaves_everything_as_it_was(
    desk: Run, database_url: str, tmp_path: Path
) -> None:
    desk("backup", "copy")
    dump = tmp_path / "copy" / "database.dump"
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    torn = desk("restore", "copy", "--yes")
    assert (torn.code, "not as it was written" in torn.err) == (1, True)
    manifest = json.loads((tmp_path / "copy" / "manifest.json").read_text())
    manifest["dump_sha256"] = hashlib.sha256(dump.read_bytes()).hexdigest()
    (tmp_path / "copy" / "manifest.json").write_text(json.dumps(manifest))
    broken = desk("restore", "copy", "--yes")
    assert (broken.code, "pg_restore" in broken.err) == (1, True)
    rows = on_database(database_url, "select state from deliveries where state = 'queued'")
    assert rows == [("queued",)]
    assert desk("agent", "list", "--json").json["agents"]


def test_a_desk_that_runs_is_not_restored_over(desk: Run, database_url: str) -> None:
    desk("backup", "copy")
    on_database(
        database_url,
        "insert into leases (name, owner, fence, expires_at)"
        " values ('outbox', 'host:1', 1, now() + interval '15 s')",
    )
    refused = desk("restore", "copy", "--yes")
    assert (refused.code, "the desk is running (host:1)" in refused.err) == (1, True)


def test_the_key_is_copied_only_when_asked(desk: Run, tmp_path: Path) -> None:
    desk("backup", "plain")
    assert not (tmp_path / "plain" / "secret_key").exists()
    desk("backup", "whole", "--with-key")
    assert (tmp_path / "whole" / "secret_key").stat().st_mode & 0o077 == 0
    (tmp_path / "data" / "secret_key").write_text("another key that is long enough, really")
    done = desk("restore", "plain", "--yes")
    assert "The secret key is another one" in done.out


def test_a_backup_overwrites_nothing(desk: Run, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mine.txt").write_text("mine")
    refused = desk("backup", "copy")
    assert (refused.code, refused.err) == (1, "onethread: copy is not empty\n")
    assert desk("restore", "copy", "--yes").code == 1
