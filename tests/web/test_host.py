"""The host's own interface: accounts, links, and taking them back."""

import asyncio
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from core.people import Evidence, EvidenceKind, IdentityKey
from router.blobs.disk import DiskBlobs
from router.services.inbound import Incoming, accept
from router.services.roles import Role
from router.storage import identities, outbox_numbering
from router.storage.identities import IdentityRow
from tests.services.builders import make_account, received, sender, signed_sender
from tests.web.desk import Answered, Browser, Desk

ANA = {"display_name": "Ana", "language": "pt", "tier": "vip", "risk": "low"}


class Host:
    """The operator's site with its token, and people who write to the desk."""

    def __init__(self, desk: Desk, site: Browser, blobs: DiskBlobs, account: int) -> None:
        self.desk, self.site, self.blobs, self.account = desk, site, blobs, account

    async def put(self, account: str, **said: Any) -> Answered:
        return await self.site.call("PUT", f"/host/accounts/{quote(account, safe='')}", said)

    async def get(self, account: str) -> Answered:
        return await self.site.get(f"/host/accounts/{quote(account, safe='')}")

    async def close(self, account: str) -> Answered:
        return await self.site.call("DELETE", f"/host/accounts/{quote(account, safe='')}")

    async def link(self, account: str, realm: str, handle: str, body: Any = None) -> Answered:
        return await self.site.call("PUT", _link(account, realm, handle), body)

    async def unlink(self, account: str, realm: str, handle: str) -> Answered:
        return await self.site.call("DELETE", _link(account, realm, handle))

    async def hear(self, *events: Any) -> None:
        incoming = Incoming(account_id=self.account, fence=None, events=events)
        [result] = await accept(self.desk.database, self.blobs, [incoming])
        if isinstance(result, BaseException):
            raise result

    async def found(self, realm: str, handle: str) -> IdentityRow:
        key = IdentityKey(realm, handle)
        async with self.desk.database.reading() as work:
            return (await identities.find_identities(work, [key]))[key]

    async def rows(self, statement: str, *values: object) -> list[Any]:
        async with self.desk.database.reading() as work:
            return list(await work.driver.fetch(statement, *values))


def _link(account: str, realm: str, handle: str) -> str:
    parts = (quote(one, safe="") for one in (account, realm, handle))
    return "/host/accounts/{}/links/{}/{}".format(*parts)


@pytest.fixture
async def host(desk: Desk, tmp_path: Any) -> Host:
    site = await desk.token(Role.HOST)
    blobs = DiskBlobs(tmp_path / "blobs")
    return Host(desk, site, blobs, await make_account(desk.database))


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


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"tier": 7}, "tier"),
        ({"tier": "x" * 65}, "tier"),
        ({"language": "klingon!"}, "language"),
        ({"attributes": {"a": [1]}}, "attributes[...]"),
        ({"attributes": {f"n{one}": one for one in range(51)}}, "attributes"),
        ({"name": "Ana"}, "name"),
        ({"is_closed": "yes"}, "is_closed"),
    ],
)
async def test_what_cannot_be_said_is_refused_with_the_field(
    host: Host, said: dict[str, Any], field: str
) -> None:
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


async def test_unlinking_parts_whom_only_the_link_joined_with_what_each_said_since(
    host: Host,
) -> None:
    await host.hear(received(sender("7", realm="telegram"), "by telegram"))
    await host.hear(received(signed_sender("s1", host="41"), "by chat"))
    await host.link("41", "telegram", "7")
    await host.hear(received(sender("7", realm="telegram"), "since"))
    assert (await host.found("telegram", "7")).root_id == (await host.found("host", "41")).root_id

    gone = await host.unlink("41", "telegram", "7")
    again = await host.unlink("41", "telegram", "7")

    assert (gone.status, again.status) == (204, 204)
    left = await host.found("telegram", "7")
    assert (left.level, left.host_account) == (1, None)
    assert left.root_id != (await host.found("host", "41")).root_id
    assert (await host.found("web:shop", "s1")).root_id == (await host.found("host", "41")).root_id
    said = await host.rows(
        "select m.text from messages m join persons p on p.id = m.person_id where p.root_id = $1"
        " and m.direction = 'in' order by m.id",
        left.root_id,
    )
    assert [row["text"] for row in said] == ["by telegram", "since"]
    kept = await host.rows(
        "select e.kind, w.reason from identity_evidence e left join evidence_withdrawals w"
        " on w.evidence_id = e.id where e.identity_id = $1 order by e.id",
        left.id,
    )
    assert [tuple(row) for row in kept] == [("network_id", None), ("host_verified", "unlinked")]
    facts = await host.rows("select kind from outbox where kind = 'person.split'")
    assert len(facts) == 1
    done = await host.rows("select action, actor from audit_log where action like 'host_account%'")
    assert done[-1]["action"] == "host_account.unlinked"
    assert "tokens/" in done[-1]["actor"]


async def test_whom_others_are_joined_to_leaves_alone(host: Host) -> None:
    """The oldest stands for all; once it is unlinked, the others stay with the account."""
    await host.hear(received(sender("7", realm="telegram")))
    await host.put("41")
    for realm, handle in (
        ("telegram", "7"),
        ("discord", "80351110224678912"),
        ("email", "ana@example.com"),
    ):
        assert (await host.link("41", realm, handle)).status == 201

    await host.unlink("41", "telegram", "7")

    account = (await host.found("host", "41")).root_id
    assert (await host.found("discord", "80351110224678912")).root_id == account
    assert (await host.found("email", "ana@example.com")).root_id == account
    assert (await host.found("telegram", "7")).root_id != account


async def test_what_was_unlinked_is_linked_again_as_often_as_the_host_says(host: Host) -> None:
    await host.put("41")
    for _ in range(3):
        await host.link("41", "telegram", "7")
        assert (await host.found("telegram", "7")).level == 2
        await host.unlink("41", "telegram", "7")
        assert (await host.found("telegram", "7")).level == 0
    [found] = await host.rows("select count(*) as n from evidence_withdrawals")
    assert found["n"] == 3


async def test_what_an_agent_joined_stays_joined(host: Host) -> None:
    from router.services.identity import merging

    await host.hear(received(sender("7", realm="telegram")))
    await host.hear(received(signed_sender("s1", host="41")))
    telegram, chat = await host.found("telegram", "7"), await host.found("web:shop", "s1")
    await merging.merge(
        host.desk.database,
        loser_id=telegram.root_id,
        winner_id=chat.root_id,
        agent_id=None,
        reason="They said so on the phone.",
    )
    await host.link("41", "telegram", "7")

    await host.unlink("41", "telegram", "7")

    assert (await host.found("telegram", "7")).root_id == (
        await host.found("web:shop", "s1")
    ).root_id


async def test_a_closed_account_has_no_links_and_gets_none(host: Host) -> None:
    await host.hear(received(signed_sender("s1", host="41", email="ana@example.com")))
    await host.link("41", "telegram", "7")

    closed = await host.close("41")
    again = await host.close("41")
    linked = await host.link("41", "telegram", "7")

    assert (closed.status, again.status) == (204, 204)
    assert (linked.status, linked.code) == (409, "link_taken_back")
    body = (await host.get("41")).body
    assert (body["links"], body["person_ids"]) == ([], [])
    assert body["closed_at"] is not None
    roots = set()
    for realm, handle in (
        ("host", "41"),
        ("web:shop", "s1"),
        ("email", "ana@example.com"),
        ("telegram", "7"),
    ):
        found = await host.found(realm, handle)
        assert (found.level, found.host_account) == (0, None), realm
        roots.add(found.root_id)
    assert len(roots) == 4


async def test_a_session_that_was_signed_in_proves_nothing_once_unlinked(host: Host) -> None:
    await host.hear(received(signed_sender("s1", host="41"), "signed"))
    await host.unlink("41", "web:shop", "s1")

    await host.hear(received(signed_sender("s1", host="41"), "stale"))

    assert (await host.found("web:shop", "s1")).level == 0
    [row] = await host.rows("select reason from quarantine")
    assert row["reason"] == "This link was taken back."


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


async def test_what_proved_the_session_itself_stands_when_its_account_is_taken_away(
    host: Host,
) -> None:
    signed = signed_sender("s1", host="41")
    session = Evidence(kind=EvidenceKind.SESSION_TOKEN, proof={"site": "shop"})
    both = msgspec.structs.replace(signed, evidence=(session, *signed.evidence))
    await host.hear(received(both))

    await host.unlink("41", "web:shop", "s1")

    assert (await host.found("web:shop", "s1")).level == 1


async def test_two_links_and_an_unlinking_at_once_leave_nothing_between(host: Host) -> None:
    await host.put("41")
    await host.hear(received(sender("7", realm="telegram")))
    await host.link("41", "telegram", "7")

    answers = await asyncio.gather(
        *(host.link("41", "discord", str(80351110224678912 + one)) for one in range(6)),
        host.unlink("41", "telegram", "7"),
        *(host.link("41", "telegram", str(one)) for one in range(10, 14)),
    )

    assert {one.status for one in answers} <= {201, 204, 503}
    linked = {(one["realm"], one["handle"]) for one in (await host.get("41")).body["links"]}
    account = await host.found("host", "41")
    for realm, handle in sorted(linked):
        assert (await host.found(realm, handle)).root_id == account.root_id
    assert ("telegram", "7") not in linked


async def test_events_tell_of_the_hosts_own_people_and_nobody_else(host: Host) -> None:
    await host.hear(received(sender("stranger", realm="telegram")))
    await host.put("41")
    await host.hear(received(sender("7", realm="telegram")))
    await host.link("41", "telegram", "7")
    await host.unlink("41", "telegram", "7")
    await _number(host)

    told = (await host.site.get("/host/events")).body
    kinds = [one["kind"] for one in told["events"]]
    stranger = (await host.found("telegram", "stranger")).root_id

    assert "person.split" in kinds
    assert all(one["accounts"] == ["41"] for one in told["events"])
    assert stranger not in [one["person_id"] for one in told["events"]]
    assert told["position"] == told["newest"]
    rest = (await host.site.get(f"/host/events?after={told['position']}")).body
    assert rest["events"] == []
    pieces: list[int] = []
    after = 0
    while after < told["newest"]:
        page = (await host.site.get(f"/host/events?after={after}&limit=1")).body
        pieces += [one["position"] for one in page["events"]]
        after = page["position"]
    assert pieces == [one["position"] for one in told["events"]]


async def test_events_that_are_not_kept_any_more_are_said_to_be_gone(host: Host) -> None:
    answered = await host.site.get("/host/events?after=99")

    assert (answered.status, answered.code) == (409, "too_old")
    assert answered.body["newest"] == 0


async def _number(host: Host) -> None:
    async with host.desk.database.transaction() as work:
        await outbox_numbering.claim(work, 1)
        await outbox_numbering.number(work, 1, limit=1000)


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


@pytest.mark.parametrize("account", ODD, ids=range(len(ODD)))
async def test_an_id_may_hold_any_printable_text(host: Host, account: str) -> None:
    made = await host.put(account, tier="vip")
    linked = await host.link(account, "telegram", "7")

    assert (made.status, made.body["account"]) == (201, account)
    assert (linked.status, (await host.get(account)).body["tier"]) == (201, "vip")
    assert (await host.found("host", account)).host_account == account


@pytest.mark.parametrize(
    "account", ["%00", "%0A", "%20", "x" * 256, "%E2%80%AE", "%FF", "%ED%A0%80", "%C3%28", "%"]
)
async def test_an_id_that_cannot_be_is_refused(host: Host, account: str) -> None:
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


@pytest.mark.parametrize(
    ("realm", "handle", "field"),
    [
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
    ],
)
async def test_a_handle_that_cannot_be_linked_is_refused_with_the_field(
    host: Host, realm: str, handle: str, field: str
) -> None:
    await host.put("41")

    answered = await host.link("41", realm, handle)

    assert (answered.status, answered.body["field"]) == (400, field)


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
