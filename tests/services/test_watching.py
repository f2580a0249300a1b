"""Watching: kept for the agent, gone with the conversation through merges, and no key to more."""

import pytest

from router.services import watching
from router.services.errors import NotFound, Refused
from router.services.viewer import Viewer
from router.storage.sight import Sight
from tests.stage import Stage


async def watched(stage: Stage, viewer: Viewer) -> list[int]:
    return await watching.list_watched(stage.database, viewer)


async def told(stage: Stage) -> list[int]:
    rows = await stage.value(
        "select array_agg(ref order by id) from outbox where kind = 'watches.changed'"
    )
    assert rows is None or isinstance(rows, list)
    return rows or []


async def test_conversation_is_watched_once_by_who_wants_it_until_they_stop(stage: Stage) -> None:
    bo, eva = await stage.agent(), await stage.agent("eva@desk.example")
    ana = await stage.meets("ana", "Where is it?")

    await watching.watch(stage.database, bo, ana)
    await watching.watch(stage.database, bo, ana)
    assert (await watched(stage, bo), await watched(stage, eva)) == ([ana], [])
    await watching.unwatch(stage.database, bo, ana)
    await watching.unwatch(stage.database, bo, ana)

    assert await watched(stage, bo) == []
    assert await told(stage) == [bo.agent_id, bo.agent_id]


async def test_watch_goes_with_a_merge_and_is_ended_by_whoever_stands_for_both(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    ana, ada = await stage.meets("ana", "one"), await stage.meets("ada", "two")
    await watching.watch(stage.database, bo, ada)

    await stage.merge(ada, ana, bo)
    assert await watched(stage, bo) == [ana]
    await watching.watch(stage.database, bo, ana)
    await watching.unwatch(stage.database, bo, ana)

    assert await watched(stage, bo) == []


async def test_what_an_agent_may_not_see_cannot_be_watched(stage: Stage) -> None:
    bo = await stage.agent()
    said = await stage.says("ana", "Fraud")
    ana, case = await stage.person_of(said), await stage.case_of(said)
    await stage.restrict(case)
    newcomer = Viewer(bo.agent_id, Sight(frozenset({"normal"})))

    with pytest.raises(NotFound):
        await watching.watch(stage.database, newcomer, ana)
    with pytest.raises(NotFound):
        await watching.watch(stage.database, bo, 999_999)
    assert await watched(stage, bo) == []


async def test_nobody_watches_without_end(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MOST_WATCHED", 1)
    bo = await stage.agent()
    ana, ada = await stage.meets("ana", "one"), await stage.meets("ada", "two")
    await watching.watch(stage.database, bo, ana)

    with pytest.raises(Refused) as refused:
        await watching.watch(stage.database, bo, ada)

    assert refused.value.code == "too_many"
    assert await watched(stage, bo) == [ana]
