"""Who may be one person: what suggests it, what never does, and what agents make of it."""

from pathlib import Path

import pytest

from core.messages import Sender
from core.people import Evidence, EvidenceKind
from router.services.errors import Conflict, NotFound
from router.services.identity import suggestions
from router.services.shown.joins import Suggestion
from router.services.viewer import Viewer
from router.storage.suggestions import COMMON
from tests.services.joined_people import People
from tests.stage import NORMAL, Stage

MAIL = (Evidence(kind=EvidenceKind.AUTHENTICATED_MAIL),)
CLAIM = (Evidence(kind=EvidenceKind.CLAIM),)


def mail(address: str, name: str = "", evidence: tuple[Evidence, ...] = MAIL) -> Sender:
    return Sender(realm="email", handle=address, shown_as=name, evidence=evidence)


def chat(handle: str, name: str) -> Sender:
    return Sender(
        realm="sample",
        handle=handle,
        shown_as=name,
        evidence=(Evidence(kind=EvidenceKind.NETWORK_ID),),
    )


class Desk:
    def __init__(self, stage: Stage, viewer: Viewer) -> None:
        self.stage, self.viewer = stage, viewer

    async def look(self) -> None:
        await self.stage.relay()
        while await suggestions.follow(self.stage.database, limit=3):
            pass

    async def found(self, viewer: Viewer | None = None) -> list[Suggestion]:
        await self.look()
        page = await suggestions.list_open(
            self.stage.database, viewer or self.viewer, before=None, limit=50
        )
        return page.suggestions

    async def grounds(self) -> list[list[str]]:
        return [sorted(ground.kind for ground in one.grounds) for one in await self.found()]


@pytest.fixture
async def desk(stage: Stage) -> Desk:
    return Desk(stage, await stage.agent())


async def test_an_address_typed_in_a_chat_suggests_whoever_writes_from_it(desk: Desk) -> None:
    ana = await desk.stage.meets(mail("ana@example.com", "Ana"))
    said = await desk.stage.says(chat("71", "An"), "I am Ana@Example.com, please")

    [found] = await desk.found()

    assert {found.left.id, found.right.id} == {ana, await desk.stage.person_of(said)}
    assert [(one.kind, one.value, one.message_id) for one in found.grounds] == [
        ("address", "ana@example.com", said)
    ]
    assert found.score == 69


async def test_an_address_typed_before_its_owner_writes_suggests_it_too(desk: Desk) -> None:
    await desk.stage.says(chat("71", "An"), "mail me: ana@example.com")
    await desk.look()
    await desk.stage.says(mail("ana@example.com"))

    assert await desk.grounds() == [["address"]]


async def test_an_address_claimed_in_a_form_or_by_a_forged_mail_suggests_and_joins_nobody(
    desk: Desk,
) -> None:
    ana = await desk.stage.meets(mail("ana@example.com"))
    form = await desk.stage.says(chat("71", "An"), context={"claimed_email": "ana@example.com"})
    forged = await desk.stage.says(mail("ana@example.com", evidence=CLAIM))

    pairs = {frozenset((one.left.id, one.right.id)) for one in await desk.found()}

    assert {frozenset((ana, await desk.stage.person_of(one))) for one in (form, forged)} <= pairs
    assert await desk.stage.value("select count(*) from person_merges") == 0


async def test_one_phone_number_given_by_two_is_a_ground(desk: Desk) -> None:
    await desk.stage.says(chat("71", "An"), "+49 (170) 123-45 67")
    await desk.stage.says(chat("72", "Other"), "call 0049 170 1234567")

    assert await desk.grounds() == [["phone_of_both"]]


async def test_one_full_name_is_a_ground_only_if_both_were_there_within_a_day(
    desk: Desk,
) -> None:
    await desk.stage.says(chat("71", "Ana Maria Lopez"))
    await desk.stage.says(mail("a.l@example.com", "ana maria lopez"))
    assert await desk.grounds() == [["name", "timing"]]

    await desk.stage.says(chat("81", "Igor Petrov"))
    await desk.look()
    await desk.stage.run(
        "update identities set seen_at = seen_at - interval '25 hours' where handle = '81'"
    )
    await desk.stage.says(mail("i.p@example.com", "Igor Petrov"))
    assert await desk.grounds() == [["name", "timing"]]


async def test_a_name_that_very_many_bear_is_no_ground_even_if_they_are_one(desk: Desk) -> None:
    one = await desk.stage.meets(chat("71", "Deleted Account"))
    await desk.look()
    await desk.stage.run(
        "insert into persons (root_id, display_name, created_at)"
        " select $1, 'Deleted account', p.created_at"
        " from persons p, generate_series(1, 20) where p.id = $1",
        one,
    )
    await desk.stage.says(mail("d.a@example.com", "Deleted Account"))

    assert await desk.found() == []


async def test_one_language_and_attributes_only_add_to_other_grounds(desk: Desk) -> None:
    first = await desk.stage.meets(chat("71", "An"), "write to ana@example.com")
    second = await desk.stage.meets(mail("ana@example.com"))
    third = await desk.stage.meets(chat("73", "Third"))
    await desk.stage.run(
        "update persons set language = 'pt', attributes = '{\"tier\": \"gold\"}'"
        " where id = any($1::bigint[])",
        [first, second, third],
    )

    [found] = await desk.found()

    assert {found.left.id, found.right.id} == {first, second}
    assert [one.kind for one in found.grounds] == ["address", "language", "attributes"]
    assert found.score == 69


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("support@example.com", "support@example.com"),
        ("no-reply@example.com", "no-reply@example.com"),
        ("+11111111111", "+11111111111"),
        ("order 4917012345678", "order 4917012345678"),
        ("Anna", "Anna"),
    ],
)
async def test_what_everybody_may_write_suggests_nobody(desk: Desk, one: str, other: str) -> None:
    await desk.stage.says(chat("71", "Anna"), one)
    await desk.stage.says(chat("72", "Anna"), other)
    await desk.stage.says(mail("support@example.com", "Anna"))

    assert await desk.found() == []


async def test_a_value_that_many_give_is_nobodys_own(desk: Desk) -> None:
    for number in range(COMMON + 2):
        await desk.stage.says(chat(f"{number}", f"N{number}"), "see jo@forum.example")
    late = await desk.found()
    await desk.stage.says(mail("jo@forum.example"))

    assert len(await desk.found()) == len(late)


async def test_a_list_of_addresses_is_nobodys_own(desk: Desk) -> None:
    await desk.stage.says(mail("a1@example.com"))
    many = " ".join(f"a{n}@example.com" for n in range(9))
    await desk.stage.says(chat("71", "An"), many)

    assert await desk.found() == []


async def test_a_shared_identity_suggests_nobody(desk: Desk) -> None:
    await desk.stage.says(mail("desk@family.example"))
    await desk.stage.run("update identities set is_shared = true")
    await desk.stage.says(chat("71", "An"), "desk@family.example")
    await desk.stage.says(mail("desk@family.example"), "me@own.example")
    await desk.stage.says(mail("me@own.example"))

    assert await desk.found() == []


async def test_one_person_gets_no_more_suggestions_than_anybody_reads(desk: Desk) -> None:
    typed = [f"p{n}@example.com" for n in range(8)]
    for address in typed:
        await desk.stage.says(mail(address))
    for address in typed:
        await desk.stage.says(chat("71", "An"), address)

    assert len(await desk.found()) == suggestions.MOST_OPEN


async def test_a_rejected_pair_comes_again_only_on_other_grounds(desk: Desk) -> None:
    await desk.stage.says(mail("ana@example.com"))
    await desk.stage.says(chat("71", "An"), "ana@example.com")
    [found] = await desk.found()

    shown = await suggestions.reject(desk.stage.database, desk.viewer, found.id, "Her sister.")
    assert (shown.state, shown.decision_reason) == ("rejected", "Her sister.")
    await desk.stage.says(chat("71", "An"), "ana@example.com, again")
    await desk.stage.says(mail("ana@example.com"))
    assert await desk.found() == []

    await desk.stage.says(mail("ana@example.com"), "+49 170 1234567")
    await desk.stage.says(chat("71", "An"), "+49 170 1234567")
    assert await desk.grounds() == [["address", "phone_of_both"]]


async def test_an_accepted_pair_is_merged_with_its_reason_and_undone_is_not_suggested_again(
    desk: Desk,
) -> None:
    ana = await desk.stage.meets(mail("ana@example.com"))
    await desk.stage.says(chat("71", "An"), "ana@example.com")
    [found] = await desk.found()

    merge = await suggestions.accept(
        desk.stage.database, desk.viewer, found.id, "It is her.", four_eyes=True
    )

    assert (merge.winner_id, merge.reason, merge.kind) == (ana, "It is her.", "merge")
    assert await People(desk.stage).together("ana@example.com", "71")
    await desk.stage.split(merge.id, desk.viewer)
    await desk.stage.says(chat("71", "An"), "ana@example.com")
    assert await desk.found() == []
    with pytest.raises(Conflict):
        await suggestions.reject(desk.stage.database, desk.viewer, found.id, "")


async def test_a_suggestion_is_shown_to_nobody_who_may_not_see_both(desk: Desk) -> None:
    await desk.stage.says(mail("ana@example.com"))
    said = await desk.stage.says(chat("71", "An"), "ana@example.com")
    await desk.stage.says(chat("71", "An"), "in another case")
    clerk = await desk.stage.agent(sight=NORMAL)
    [found] = await desk.found(clerk)
    await desk.stage.restrict(await desk.stage.case_of(said))

    assert await desk.found(clerk) == []
    with pytest.raises(NotFound):
        await suggestions.accept(desk.stage.database, clerk, found.id, "Mine now.", four_eyes=False)
    assert len(await desk.found()) == 1


async def test_a_ground_in_a_case_that_is_not_seen_counts_for_nothing(desk: Desk) -> None:
    ana = await desk.stage.meets(mail("ana@example.com"))
    said = await desk.stage.says(chat("71", "An"), "ana@example.com")
    await desk.stage.restrict(await desk.stage.case_of(said))
    await desk.stage.run("update cases set state = 'solved'")
    await desk.stage.says(chat("71", "An"), "a new case")
    clerk = await desk.stage.agent(sight=NORMAL)

    assert len(await desk.found()) == 1
    assert await desk.found(clerk) == []
    page = await suggestions.list_of_person(desk.stage.database, clerk, ana)
    assert page.suggestions == []


async def test_what_both_gave_is_a_ground_for_who_sees_where_each_did(desk: Desk) -> None:
    first = await desk.stage.says(chat("71", "An"), "+49 170 1234567")
    await desk.stage.restrict(await desk.stage.case_of(first))
    await desk.stage.run("update cases set state = 'solved'")
    await desk.stage.says(chat("71", "An"), "a new case")
    await desk.stage.says(chat("72", "Other"), "call 0049 170 1234567")
    clerk = await desk.stage.agent(sight=NORMAL)

    assert len(await desk.found()) == 1
    assert await desk.found(clerk) == []


async def test_what_somebody_gave_who_was_split_out_since_is_no_ground(desk: Desk) -> None:
    stage = desk.stage
    people = People(stage)
    await stage.says(mail("ana@example.com"))
    await stage.says(chat("71", "An"))
    await stage.says(chat("72", "Bo"))
    await people.merge("72", "71")
    said = await stage.says(chat("72", "Bo"), "ana@example.com")
    await stage.restrict(await stage.case_of(said))
    clerk = await stage.agent(sight=NORMAL)
    assert await desk.found(clerk) == []
    assert len(await desk.found()) == 1

    await people.split("72")

    assert await desk.found(clerk) == []


async def test_whom_agents_merged_by_hand_take_no_room_from_others(desk: Desk) -> None:
    people = People(desk.stage)
    await desk.stage.says(chat("71", "An"))
    for number in range(suggestions.MOST_OPEN):
        await desk.stage.says(mail(f"p{number}@example.com"))
        await desk.stage.says(chat("71", "An"), f"p{number}@example.com")
        await desk.look()
        await people.merge(f"p{number}@example.com", "71")
    await desk.stage.says(mail("last@example.com"))
    await desk.stage.says(chat("71", "An"), "last@example.com")

    assert len(await desk.found()) == 1


async def test_what_was_read_before_a_crash_is_found_once(desk: Desk) -> None:
    await desk.stage.says(mail("ana@example.com"))
    await desk.stage.says(chat("71", "An"), "ana@example.com")
    await desk.look()
    await desk.stage.run("update followers set position = 0")

    assert len(await desk.found()) == 1
    assert await desk.stage.value("select count(*) from person_hints") == 1


async def test_following_waits_for_no_conversation_and_holds_none(desk: Desk) -> None:
    await desk.stage.says(mail("ana@example.com"))
    await desk.stage.says(chat("71", "An"), "ana@example.com")
    await desk.stage.relay()
    async with desk.stage.database.transaction() as work:
        await work.driver.execute("select from persons for no key update")

        assert await suggestions.follow(desk.stage.database) > 0


async def test_erasing_somebody_forgets_what_was_suggested_of_them(
    desk: Desk, tmp_path: Path
) -> None:
    from router.blobs.disk import DiskBlobs
    from router.services.privacy import erase_person

    await desk.stage.says(mail("ana@example.com"))
    an = await desk.stage.meets(chat("71", "An"), "ana@example.com")
    await desk.look()

    await erase_person(desk.stage.database, DiskBlobs(tmp_path / "b"), "cli", an)

    assert await desk.stage.value("select count(*) from person_hints") == 0
    assert await desk.stage.value("select count(*) from join_suggestions") == 0


async def test_erasing_somebody_who_was_split_out_forgets_what_they_gave(
    desk: Desk, tmp_path: Path
) -> None:
    from router.blobs.disk import DiskBlobs
    from router.services.privacy import erase_person

    people = People(desk.stage)
    await desk.stage.says(mail("ana@example.com"))
    await desk.stage.says(chat("71", "An"), "+49 170 1234567")
    await desk.stage.says(chat("73", "Cy"), "0049 170 1234567")
    bo = await desk.stage.meets(chat("72", "Bo"))
    await people.merge("72", "71")
    await desk.stage.says(chat("72", "Bo"), "ana@example.com")
    await desk.look()
    await people.split("72")

    await erase_person(desk.stage.database, DiskBlobs(tmp_path / "b"), "cli", bo)

    kept = await people.rows("select grounds::text from join_suggestions")
    assert len(kept) == 1
    assert "0170" in kept[0][0] or "49170" in kept[0][0]
    assert "ana@example.com" not in kept[0][0]
