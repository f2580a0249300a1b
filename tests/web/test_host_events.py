"""What happened to the host's accounts, as its site reads it."""

from pathlib import Path

import pytest

from router.storage import outbox_numbering
from tests.services.builders import received, sender
from tests.web.desk import Desk
from tests.web.hosting import Host, open_host


@pytest.fixture
async def host(desk: Desk, tmp_path: Path) -> Host:
    return await open_host(desk, tmp_path)


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
