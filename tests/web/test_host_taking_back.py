"""What the host takes back: links and whole accounts, and all that rested on them."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from core.people import Evidence, EvidenceKind
from router.services.identity import merging
from tests.services.builders import received, sender, signed_sender
from tests.web.desk import Desk
from tests.web.hosting import Host, open_host


@pytest.fixture
async def host(desk: Desk, tmp_path: Path) -> Host:
    return await open_host(desk, tmp_path)


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
    facts = await host.rows("select distinct ref from outbox where kind = 'person.split'")
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


async def test_whom_only_an_agents_merge_held_to_the_account_is_joined_to_it_by_the_link(
    host: Host,
) -> None:
    """They were one already when they were linked, so that no merge of their own was made then."""
    await host.put("41")
    for handle in ("7", "8"):
        await host.hear(received(sender(handle, realm="telegram")))
    first, second = await host.found("telegram", "7"), await host.found("telegram", "8")
    await merging.merge(
        host.desk.database,
        loser_id=second.root_id,
        winner_id=first.root_id,
        agent_id=None,
        reason="They said so on the phone.",
    )
    for handle in ("7", "8"):
        await host.link("41", "telegram", handle)

    await host.unlink("41", "telegram", "7")

    account = (await host.found("host", "41")).root_id
    assert (await host.found("telegram", "8")).root_id == account
    assert (await host.found("telegram", "8")).host_account == "41"
    assert (await host.found("telegram", "7")).host_account is None


async def test_a_person_of_two_linked_handles_stays_while_one_is_linked(host: Host) -> None:
    """As older versions stored what one token had linked: two identities of one person."""
    await host.put("41")
    for handle in ("7", "8"):
        await host.hear(received(sender(handle, realm="telegram")))
        await host.link("41", "telegram", handle)
    home = (await host.found("telegram", "7")).home_person_id
    async with host.desk.database.transaction() as work:
        await work.driver.execute(
            "update identities set home_person_id = $1 where handle = '8'", home
        )

    await host.unlink("41", "telegram", "8")

    account = (await host.found("host", "41")).root_id
    assert (await host.found("telegram", "7")).root_id == account
    assert await host.rows("select from outbox where kind = 'person.split'") == []


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
        # A message came from the session, and its channel attested that.
        assert (found.level, found.host_account) == (int(realm == "web:shop"), None), realm
        roots.add(found.root_id)
    assert len(roots) == 4


async def test_a_session_that_was_signed_in_proves_nothing_once_unlinked(host: Host) -> None:
    await host.hear(received(signed_sender("s1", host="41"), "signed"))
    await host.unlink("41", "web:shop", "s1")

    await host.hear(received(signed_sender("s1", host="41"), "stale"))

    assert (await host.found("web:shop", "s1")).level == 1
    [row] = await host.rows("select reason from quarantine")
    assert row["reason"] == "This link was taken back."


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
