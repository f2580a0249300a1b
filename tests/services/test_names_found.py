"""People are found by any part of what they are known by, as soon as the follower has read on."""

import pytest

from router.services import people, privacy
from router.services.callers import Caller
from router.services.people import PersonChange
from router.services.roles import PERMISSIONS, Role
from router.services.search import following, naming
from router.storage import directory, profiles
from router.storage.sight import ACCESS_CLASSES
from tests.services.builders import signed_sender
from tests.services.test_search import enter
from tests.services.test_search import people as people_asked
from tests.stage import NORMAL, Stage

CALLER = Caller(
    agent_id=1,
    name="Bo",
    role=Role.AGENT,
    permissions=PERMISSIONS[Role.AGENT],
    team_ids=frozenset(),
    access_classes=frozenset(ACCESS_CLASSES),
)


async def found(stage: Stage, text: str) -> list[str]:
    bo = await stage.agent()
    return [one.display_name for one in await people.find_persons(stage.database, bo, text)]


@pytest.mark.parametrize("text", ["opez", "shop", "lopez@sh", "小", "伟", "maria", "lo an"])
async def test_person_is_found_by_any_part_of_a_name_or_an_address(stage: Stage, text: str) -> None:
    bo = await stage.agent()
    ana = await stage.meets(signed_sender("ana", host="7", email="ana.lopez@shop.invalid"))
    await stage.meets("zoe")
    change = PersonChange(display_name="Ana María López 王小伟")
    await people.change_person(stage.database, CALLER, ana, change)
    await enter(stage)

    assert [one.id for one in await people.find_persons(stage.database, bo, text)] == [ana]


@pytest.mark.parametrize("text", ["bücher", "üch", "公司", "bcher-kva", "用户@例子"])
async def test_person_is_found_by_an_address_as_people_write_it_and_as_mail_does(
    stage: Stage, text: str
) -> None:
    bo = await stage.agent()
    ana = await stage.meets(signed_sender("ana", host="7", email="用户@xn--fsqu00a.xn--55qx5d"))
    bea = await stage.meets(signed_sender("bea", host="8", email="bea@xn--bcher-kva.example"))
    await enter(stage)

    found = await people.find_persons(stage.database, bo, text)
    assert [one.id for one in found] == [ana if text in ("公司", "用户@例子") else bea]


async def test_a_new_name_is_found_and_the_old_one_no_longer(stage: Stage) -> None:
    ana = await stage.meets("annabel")
    await enter(stage)
    assert await found(stage, "nabe") == ["Annabel"]
    change = PersonChange(display_name="Grace")
    await people.change_person(stage.database, CALLER, ana, change)
    await enter(stage)

    assert await found(stage, "rac") == ["Grace"]
    assert await found(stage, "nnabel") == ["Grace"], "the handle stays"


async def test_who_may_not_be_seen_is_not_found_by_a_part_either(stage: Stage) -> None:
    bo = await stage.agent(sight=NORMAL)
    await stage.restrict(await stage.case_of(await stage.says("annabel")))
    await enter(stage)

    assert await people.find_persons(stage.database, bo, "nabe") == []


async def test_the_one_of_that_name_stands_before_those_who_have_it_within(stage: Stage) -> None:
    for name in ("ann", "annabel", "joann"):
        await stage.meets(name)
    await enter(stage)

    assert await found(stage, "ann") == ["Ann", "Annabel", "Joann"]


async def test_a_query_means_whose_name_begins_so_and_only_without_them_a_part(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    for name in ("ann", "annabel", "joann"):
        await stage.says(name)
    await enter(stage)

    assert await people_asked(stage, bo, "person:ann") == ["Annabel", "Ann"]
    assert await people_asked(stage, bo, "person:oan") == ["Joann"]


async def test_a_person_asked_for_by_number_is_found_after_a_merge(stage: Stage) -> None:
    bo = await stage.agent()
    lost, kept = await stage.says("ann"), await stage.says("grace")
    loser = await stage.person_of(lost)
    await stage.merge(loser, await stage.person_of(kept), bo)
    await enter(stage)

    assert await people_asked(stage, bo, f"person:#{loser}") == ["Grace"]


async def test_those_who_are_hidden_take_no_place_of_those_who_are_seen(stage: Stage) -> None:
    bo = await stage.agent(sight=NORMAL)
    await stage.says("alex0")
    for number in range(1, people.MOST_FOUND + 1):
        await stage.restrict(await stage.case_of(await stage.says(f"alex{number}")))
    await enter(stage)

    seen = await people.find_persons(stage.database, bo, "alex")

    assert [one.display_name for one in seen] == ["Alex0"]


async def test_who_was_erased_leaves_no_name_behind(stage: Stage) -> None:
    annabel = await stage.meets("annabel")
    await enter(stage)
    await privacy.erase_person(stage.database, stage.blobs, "cli", annabel)
    await enter(stage)

    assert await stage.value("select count(*) from name_entries where said like '%anna%'") == 0


async def test_people_older_than_the_follower_are_entered_from_the_newest_back(
    stage: Stage,
) -> None:
    for number in range(5):
        await stage.meets(f"xann{number}")
    await enter(stage)
    await stage.run("delete from name_entries")
    await stage.run("update followers set position = 99999 where name = 'names_history'")

    assert await naming.catch_up(stage.database, limit=2)
    assert len(await found(stage, "ann")) == 2
    while await naming.catch_up(stage.database, limit=2):
        pass

    assert len(await found(stage, "ann")) == 5


async def test_names_are_past_again_where_the_outbox_was_trimmed_unread(stage: Stage) -> None:
    await stage.meets("annabel")
    newest = await stage.relay()
    await stage.run("delete from outbox")
    await stage.run("update relay_state set trimmed = $1 where name = 'outbox'", newest)
    assert (await following.follow(stage.database)).has_gap

    while await naming.catch_up(stage.database):
        pass

    assert await found(stage, "nabe") == ["Annabel"]


async def test_a_name_is_looked_up_in_indexes_however_many_people(stage: Stage) -> None:
    """Plans for any value at all would walk: that of a beginning has to be for the very one."""
    await stage.run(
        "with made as (insert into persons (root_id, display_name, created_at)"
        " select n, 'p' || n, now() from generate_series(1000001, 1010000) n returning id)"
        ", known as (insert into identities"
        " (realm, handle, home_person_id, shown_as, created_at, seen_at)"
        " select 'phone', 'p' || id, id, 'p' || id, now(), now() from made)"
        " insert into name_entries (person_id, said, grams)"
        " select id, ' p' || id, format('%L %L', '^p', id % 1000)::tsvector from made"
    )
    await stage.run("analyze persons, identities, name_entries")
    for text in ("lopez", "p77", "o"):
        async with stage.database.reading() as work:
            await profiles.find_by_name(work, text, 20)
            await directory.named(work, text, 500)
            looked_at = await work.driver.fetchval(
                "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))"
                " from pg_stat_xact_user_tables"
            )
        assert looked_at < 3_000, text
