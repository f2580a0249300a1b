"""What was removed by mistake is put back as it was by who may remove it; who changed a view."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from core.clock import FakeClock
from router.services import labels, saved_views, snippets
from router.services.callers import Caller
from router.services.errors import Conflict, Forbidden, NotFound
from router.services.roles import PERMISSIONS, Role
from router.services.saved_views import SavedViewBody
from router.services.snippets import NewSnippet, SnippetText
from router.services.viewer import viewer_of
from tests.services.rule_desk import RuleDesk
from tests.stage import Stage

HI = {"en": SnippetText(text="Hi")}


async def agent_of(stage: Stage, desk: RuleDesk, name: str) -> Caller:
    made = await stage.agent(name)
    return replace(
        desk.admin,
        agent_id=made.agent_id,
        name=name,
        role=Role.AGENT,
        permissions=PERMISSIONS[Role.AGENT],
    )


async def test_removed_view_is_put_back_within_a_day_by_who_may_remove_it(
    stage: Stage, clock: FakeClock
) -> None:
    desk = await RuleDesk.open(stage)
    ana = await agent_of(stage, desk, "Ana")
    wanted = SavedViewBody(name="Late", query="late", scope="shared")
    made = await saved_views.add_view(stage.database, desk.admin, wanted)

    async def drop() -> list[str]:
        await saved_views.drop_view(stage.database, desk.admin, made.id)
        return [one.name for one in await saved_views.list_saved(stage.database, ana)]

    gone = await drop()
    with pytest.raises(Forbidden):
        await saved_views.restore_view(stage.database, ana, made.id)
    back = await saved_views.restore_view(stage.database, desk.admin, made.id)
    with pytest.raises(NotFound):
        await saved_views.restore_view(stage.database, desk.admin, made.id)
    await drop()
    clock.advance(timedelta(days=1, minutes=1))

    assert gone == []
    assert msgspec.structs.replace(back, count=made.count) == made
    with pytest.raises(NotFound):
        await saved_views.restore_view(stage.database, desk.admin, made.id)


async def test_view_says_who_changed_it_last_and_whether_it_only_followed_a_name(
    stage: Stage, clock: FakeClock
) -> None:
    desk = await RuleDesk.open(stage)
    ana = await agent_of(stage, desk, "Ana")
    label = await labels.add_label(stage.database, ana, "vip")
    wanted = SavedViewBody(name="VIPs", query="label:vip", scope="shared")
    made = await saved_views.add_view(stage.database, desk.admin, wanted)
    moved = msgspec.structs.replace(wanted, position=7)
    told = []

    async def tell() -> None:
        [one] = await saved_views.list_saved(stage.database, ana)
        told.append((one.changed_by, one.is_followed, one.query))

    await saved_views.change_view(stage.database, desk.admin, made.id, moved)
    await tell()
    await labels.change_label(stage.database, ana, label.id, "gold")
    await tell()
    renamed = SavedViewBody(name="Gold", query="label:gold", scope="shared")
    clock.advance(timedelta(minutes=5))
    last = await saved_views.change_view(stage.database, desk.admin, made.id, renamed)
    await tell()

    assert told == [
        (None, False, "label:vip"),
        ("Ana", True, "label:gold"),
        ("Ada", False, "label:gold"),
    ]
    assert last.changed_at == clock.now()


async def test_removed_canned_reply_is_put_back_within_a_day_by_who_may_remove_it(
    stage: Stage, clock: FakeClock
) -> None:
    desk = await RuleDesk.open(stage)
    boss, ana = desk.admin, await agent_of(stage, desk, "Ana")
    wanted = NewSnippet(reach="shared", title="Hello", texts=HI)

    async def listed() -> list[str]:
        found = await snippets.list_snippets(stage.database, viewer_of(ana), may_change_all=False)
        return [one.title for one in found]

    made = await snippets.save_snippet(
        stage.database, viewer_of(boss), None, wanted, actor=boss.actor, may_change_all=True
    )
    await snippets.drop_snippet(
        stage.database, viewer_of(boss), made.id, actor=boss.actor, may_change_all=True
    )
    gone = await listed()
    with pytest.raises(Forbidden):
        await snippets.restore_snippet(
            stage.database, viewer_of(ana), made.id, actor=ana.actor, may_change_all=False
        )

    async def restore() -> snippets.Snippet:
        return await snippets.restore_snippet(
            stage.database, viewer_of(boss), made.id, actor=boss.actor, may_change_all=True
        )

    back = await restore()

    assert (gone, await listed()) == ([], ["Hello"])
    assert back == made
    await snippets.drop_snippet(
        stage.database, viewer_of(boss), made.id, actor=boss.actor, may_change_all=True
    )
    clock.advance(timedelta(days=1, minutes=1))
    with pytest.raises(NotFound):
        await restore()


async def test_removed_label_is_on_its_cases_again_unless_another_one_took_its_name(
    stage: Stage,
) -> None:
    desk = await RuleDesk.open(stage)
    label = await labels.add_label(stage.database, desk.admin, "vip")
    await stage.says("ana")
    await stage.run("update cases set label_ids = array[$1::bigint]", label.id)
    await labels.drop_label(stage.database, desk.admin, label.id)

    back = await labels.restore_label(stage.database, desk.admin, label.id)
    [counted] = await labels.list_counted(stage.database, viewer_of(desk.admin))
    with pytest.raises(NotFound):
        await labels.restore_label(stage.database, desk.admin, label.id)
    await labels.drop_label(stage.database, desk.admin, label.id)
    await labels.add_label(stage.database, desk.admin, "VIP")
    with pytest.raises(Conflict) as taken:
        await labels.restore_label(stage.database, desk.admin, label.id)

    assert back == label
    assert (counted.name, counted.cases) == ("vip", 1)
    assert taken.value.code == "taken"
