"""The host's own interface: its accounts, and what it links to them."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from router.services.roles import Role
from tests.services.builders import received, sender, signed_sender
from tests.web.desk import Desk
from tests.web.hosting import Host, open_host

ANA = {"display_name": "Ana", "language": "pt", "tier": "vip", "risk": "low"}


@pytest.fixture
async def host(desk: Desk, tmp_path: Path) -> Host:
    return await open_host(desk, tmp_path)


async def test_an_account_is_what_the_host_said_last_of_it(host: Host) -> None:
    made = await host.put("41", **ANA, attributes={"since": 2019, "note": None})
    again = await host.put("41", **ANA, attributes={"since": 2019})
    less = await host.put("41", display_name="Ana B.")

    assert (made.status, again.status, less.status) == (201, 200, 200)
    assert made.body["attributes"] == {"since": 2019}
    assert again.body == made.body
    assert (less.body["tier"], less.body["attributes"]) == ("", {})
    assert (await host.get("41")).body == less.body


async def test_saying_the_same_again_writes_nothing(host: Host) -> None:
    await host.put("41", **ANA)
    before = await host.rows("select count(*) as n from audit_log")
    await host.put("41", **ANA)

    assert await host.rows("select count(*) as n from audit_log") == before


UNSAYABLE: list[tuple[dict[str, Any], str]] = [
    ({"tier": 7}, "tier"),
    ({"tier": "x" * 65}, "tier"),
    ({"language": "klingon!"}, "language"),
    ({"attributes": {"a": [1]}}, "attributes[...]"),
    ({"attributes": {f"n{one}": one for one in range(51)}}, "attributes"),
    ({"name": "Ana"}, "name"),
    ({"is_closed": "yes"}, "is_closed"),
]


async def test_what_cannot_be_said_is_refused_with_the_field(host: Host) -> None:
    for said, field in UNSAYABLE:
        answered = await host.put("41", **said)
        assert (answered.status, answered.body["field"]) == (400, field)


async def test_unknown_account_is_not_found(host: Host) -> None:
    for answered in (
        await host.get("41"),
        await host.close("41"),
        await host.link("41", "email", "ana@example.com"),
        await host.unlink("41", "email", "ana@example.com"),
    ):
        assert (answered.status, answered.code) == (404, "not_found")


async def test_a_linked_handle_is_one_person_with_the_account(host: Host) -> None:
    await host.hear(received(sender("7", realm="telegram"), "I am Ana"))
    before = await host.found("telegram", "7")
    await host.put("41", **ANA)

    made = await host.link("41", "telegram", "7", {"shown_as": "@ana"})
    again = await host.link("41", "telegram", "7")
    await host.hear(received(signed_sender("s1", host="41")))

    assert (made.status, again.status) == (201, 200)
    assert made.body["grounds"] == ["host_verified"]
    after = await host.found("telegram", "7")
    assert (before.level, after.level, after.host_account) == (1, 2, "41")
    assert after.root_id == (await host.found("web:shop", "s1")).root_id
    links = (await host.get("41")).body["links"]
    assert [one["handle"] for one in links] == ["7", "s1"]


async def test_an_address_is_linked_as_mail_writes_it(host: Host) -> None:
    await host.put("41")

    made = await host.link("41", "email", "Ana@Example.COM")

    assert (made.status, made.body["handle"]) == (201, "ana@example.com")
    assert (await host.unlink("41", "email", "ANA@example.com")).status == 204
    assert (await host.get("41")).body["links"] == []


async def test_a_handle_of_another_account_stays_theirs_and_the_refusal_is_noted(
    host: Host,
) -> None:
    for account in ("41", "42"):
        await host.put(account)
    await host.link("41", "telegram", "7")

    refused = await host.link("42", "telegram", "7")

    assert (refused.status, refused.code) == (409, "linked_elsewhere")
    assert b"41" not in refused.raw
    assert (await host.found("telegram", "7")).host_account == "41"
    [entry] = await host.rows("select facts from audit_log where action = 'host_link.refused'")
    assert entry["facts"] == {"reason": "linked_elsewhere"}


async def test_a_shared_handle_is_never_linked(host: Host) -> None:
    await host.hear(received(sender("7", realm="telegram")))
    async with host.desk.database.transaction() as work:
        await work.driver.execute("update identities set is_shared = true")
    await host.put("41")

    assert (await host.link("41", "telegram", "7")).status == 409
    assert (await host.found("telegram", "7")).level == 1


async def test_a_link_joins_nobody_to_a_person_with_another_account(host: Host) -> None:
    from router.services.identity import merging

    await host.put("41")
    await host.hear(received(sender("7", realm="telegram")))
    await host.hear(received(signed_sender("s2", host="42")))
    telegram, other = await host.found("telegram", "7"), await host.found("web:shop", "s2")
    await merging.merge(
        host.desk.database,
        loser_id=telegram.root_id,
        winner_id=other.root_id,
        agent_id=None,
        reason="She has two accounts.",
    )

    made = await host.link("41", "telegram", "7")

    assert (made.status, made.body["person_id"]) == (201, other.root_id)
    assert (await host.found("telegram", "7")).host_account == "41"
    assert (await host.found("host", "41")).root_id != other.root_id


async def test_agents_see_what_the_host_says_of_each_account(host: Host) -> None:
    from router.services.identity import merging

    await host.put("41", **ANA, attributes={"since": 2019})
    await host.put("42", tier="basic")
    await host.hear(received(signed_sender("s1", host="41")))
    await host.hear(received(signed_sender("s2", host="42")))
    first, second = await host.found("web:shop", "s1"), await host.found("web:shop", "s2")
    await merging.merge(
        host.desk.database,
        loser_id=second.root_id,
        winner_id=first.root_id,
        agent_id=None,
        reason="She has two accounts.",
    )
    agent = await host.desk.signed_in(Role.AGENT)

    seen = (await agent.get(f"/persons/{second.home_person_id}")).body["host_accounts"]

    assert [(one["account"], one["tier"]) for one in seen] == [("41", "vip"), ("42", "basic")]
    assert seen[0]["attributes"] == {"since": 2019}
    await host.close("42")
    seen = (await agent.get(f"/persons/{first.root_id}")).body["host_accounts"]
    assert [one["account"] for one in seen] == ["41"]


async def test_a_link_code_is_made_for_an_account_and_a_channel_of_ours(host: Host) -> None:
    await host.put("41")
    path = "/host/accounts/41/link-codes"

    anywhere = await host.site.post(path)
    there = await host.site.post(path, {"channels": ["sample"]})
    nowhere = await host.site.post(path, {"channels": ["pigeon"]})
    unknown = await host.site.post("/host/accounts/42/link-codes")
    await host.close("41")
    closed = await host.site.post(path)

    assert [one.status for one in (anywhere, there)] == [201, 201]
    assert anywhere.body["code"] != there.body["code"]
    assert (nowhere.status, nowhere.body["field"]) == (400, "channels")
    assert (unknown.status, closed.status, closed.code) == (404, 409, "account_closed")


ODD = ["a/b", "a b", "%2F", "100%", "%FF", "?x=1", "#x", "+49", "a+b", "ü/字", "{}", "{account}",
       "a\\b", "'; drop table persons --", "%", "%00", "a,b", "...", "x" * 255]  # fmt: skip


async def test_an_id_may_hold_any_printable_text(host: Host) -> None:
    for number, account in enumerate(ODD):
        made = await host.put(account, tier="vip")
        linked = await host.link(account, "telegram", str(number + 7))

        assert (made.status, made.body["account"]) == (201, account)
        assert (linked.status, (await host.get(account)).body["tier"]) == (201, "vip")
        assert (await host.found("host", account)).host_account == account


IMPOSSIBLE = ["%00", "%0A", "%20", "x" * 256, "%E2%80%AE", "%FF", "%ED%A0%80", "%C3%28", "%"]


async def test_an_id_that_cannot_be_is_refused(host: Host) -> None:
    for account in IMPOSSIBLE:
        for method, path in (
            ("PUT", f"/host/accounts/{account}"),
            ("GET", f"/host/accounts/{account}"),
            ("DELETE", f"/host/accounts/{account}"),
            ("PUT", f"/host/accounts/{account}/links/telegram/7"),
            ("DELETE", f"/host/accounts/{account}/links/telegram/7"),
            ("POST", f"/host/accounts/{account}/link-codes"),
        ):
            body: Any = {} if method == "PUT" else None
            answered = await host.site.call(method, path, body)
            assert answered.status in (400, 404), (method, path)
    assert await host.rows("select from host_accounts") == []


UNLINKABLE = [
    ("host", "42", "realm"),
    ("claimed:email", "ana@example.com", "realm"),
    ("pigeon", "7", "realm"),
    ("web:", "s1", "realm"),
    ("web:Shop!", "s1", "realm"),
    ("email", "no address", "handle"),
    ("email", "ana@example.com\u202e", "handle"),
    ("phone", "030 123", "handle"),
    ("telegram", " ", "handle"),
    ("telegram", "x" * 321, "handle"),
]


async def test_a_handle_that_cannot_be_linked_is_refused_with_the_field(host: Host) -> None:
    await host.put("41")
    for realm, handle, field in UNLINKABLE:
        answered = await host.link("41", realm, handle)
        assert (answered.status, answered.body["field"]) == (400, field), (realm, handle)


async def test_the_hosts_token_is_nobodys_role(host: Host) -> None:
    owner = await host.desk.signed_in(Role.OWNER)
    invited = await owner.post("/invitations", {"email": "a@example.com", "role": "host"})
    agent = await host.desk.agent(Role.AGENT, "b@example.com")
    changed = await owner.call("PATCH", f"/agents/{agent}", {"role": "host"})

    for answered in (invited, changed):
        assert (answered.status, answered.body["field"]) == (400, "role")
    for path in ("/me", "/conversations/index?view=open", "/audit", "/agents"):
        assert (await host.site.get(path)).status == 403


async def test_a_step_up_that_nobody_asked_for_is_not_found(host: Host) -> None:
    for token in ("x" * 43, "%2F", "a b"):
        path = f"/host/step-ups/{quote(token, safe='')}"
        answered = await host.site.post(path, {"account": "41"})
        assert (answered.status, answered.code) == (404, "not_found")
