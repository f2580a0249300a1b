"""What is done with an account that runs: renamed, followed, its failures sent again."""

import json

import pytest

from router.cli import account_work
from tests.cli.conftest import Run, on_database
from tests.cli.test_commands import EXIT_REFUSED


def test_account_is_renamed_followed_and_what_failed_on_it_goes_out_again(
    run: Run, database_url: str
) -> None:
    made = run("account", "add", "webchat", "Site", "--set", "site=shop.example", "--json").json
    renamed = run("account", "rename", "Site", "Shop", "--json")
    assert (renamed.code, renamed.json["label"]) == (0, "Shop")
    assert run("account", "pause", "Shop", "--json").json["state"] == "paused"
    assert run("account", "resume", "Shop", "--json").json["state"] == "active"

    lines = run("account", "logs", "Shop", "--json").out.splitlines()
    assert {"paused", "active"} <= {json.loads(line)["code"] for line in lines} | {"active"}
    assert "paused" in run("account", "logs", "Shop").out
    unknown = run("account", "logs", "Shop", "--message", "77")
    assert (unknown.code, "no message 77" in unknown.err) == (EXIT_REFUSED, True)

    assert run("account", "retry", "Shop").out == "0 go out again.\n"
    refused = run("account", "retry", "Shop", "--delivery", "77", "--json")
    assert (refused.code, refused.json["refused"][0]["id"]) == (EXIT_REFUSED, 77)
    removed = run("account", "remove", "Shop", "--yes", "--json")
    assert removed.json == {"id": made["id"], "label": "Shop"}


FAILED = """
with one as (insert into persons (root_id, display_name, created_at)
        values (1, 'Ana', now()) returning id),
    place as (insert into places (account_id, remote_place, kind, created_at)
        select id, 'ana', 'direct', now() from accounts returning id, account_id),
    said as (insert into messages (person_id, account_id, place_id, direction, text, received_at)
        select one.id, place.account_id, place.id, 'out', 'Hello', now()
        from one, place, generate_series(1, 3) returning id, person_id, account_id, place_id)
insert into deliveries (message_id, person_id, account_id, place_id, lane, send_key, state, due_at,
    queued_at, state_at)
select id, person_id, account_id, place_id, 'lane', 'key' || id, 'failed', now(), now(), now()
from said returning id
"""
"""Three answers to one person that did not arrive."""


def test_all_of_what_failed_goes_out_again_however_much_it_is(
    run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_work, "PAGE", 1)
    run("account", "add", "webchat", "Site", "--set", "site=shop.example")
    ids = sorted(row[0] for row in on_database(database_url, FAILED))

    one = run("account", "retry", "Site", "--delivery", str(ids[0]), "--json")
    assert (one.code, one.json["sent_again"]) == (0, [ids[0]])
    rest = run("account", "retry", "Site", "--json")
    assert (rest.code, sorted(rest.json["sent_again"])) == (0, ids[1:])
