"""Who has an account hears of each chat that a code links to it, in all others, and can stop it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from core.clock import FakeClock
from core.messages import Place, PlaceKind
from router.services import notices
from router.services.errors import NotFound
from router.services.identity import alarms
from router.services.outbound.automatic_texts import Line, languages, masked, sentence
from router.storage.engine import Database
from tests.services.answering_desk import open_desk
from tests.services.builders import received, signed_sender
from tests.services.linking_desk import HOST, LINKED, REFUSED, LinkingDesk

URL = "https://desk.example"
ALARM = sentence(Line.LINKED_ELSEWHERE, "en", {"account": masked(HOST), "url": "••••"})


@pytest.fixture
async def linking(database: Database, tmp_path: Path) -> LinkingDesk:
    made = LinkingDesk(await open_desk(database, tmp_path))
    made.voice = replace(made.voice, web_url=URL)
    return made


async def heard(linking: LinkingDesk) -> list[tuple[str, str]]:
    """Who was told what, as the record has it."""
    rows = await linking.desk.rows(
        "select i.handle, m.text from messages m join deliveries d on d.message_id = m.id"
        " join identities i on i.id = d.identity_id where m.direction = 'out' order by m.id"
    )
    return [(row["handle"], row["text"]) for row in rows]


async def newest_token(linking: LinkingDesk) -> str:
    """As the line brought it."""
    text = await linking.desk.value("select text from deliveries order by id desc limit 1")
    return str(text).rpartition(f"{URL}{alarms.PATH}/")[2]


async def code_in_the_line(linking: LinkingDesk) -> int:
    return alarms.code_of(linking.desk.keyring, await newest_token(linking))


async def test_every_other_chat_of_the_account_hears_of_a_new_one_at_once(
    linking: LinkingDesk,
) -> None:
    await linking.desk.hear(signed_sender("visitor", host=HOST))
    await linking.hears("ada", code=(await linking.code()).code)
    await linking.hears("ben", code=(await linking.code()).code)

    assert await heard(linking) == [
        ("ada", LINKED),
        ("visitor", ALARM),
        ("ben", LINKED),
        ("visitor", ALARM),
        ("ada", ALARM),
    ]
    due = await linking.desk.rows("select state, due_at from deliveries")
    now = linking.desk.database.clock.now()
    assert {(row["state"], row["due_at"] <= now) for row in due} == {("queued", True)}


async def test_one_click_keeps_the_new_chat_from_all_that_is_the_accounts(
    linking: LinkingDesk,
) -> None:
    await linking.desk.hear(signed_sender("visitor", host=HOST))
    await linking.hears("ada", code=(await linking.code()).code)
    code = await code_in_the_line(linking)
    assert not await alarms.is_stopped(linking.desk.database, code)

    for _ in range(2):
        await alarms.stop(linking.desk.database, code)

    ada = await linking.identity("ada")
    assert (ada["is_shared"], ada["doubted_at"] is not None) == (True, True)
    assert await alarms.is_stopped(linking.desk.database, code)
    assert not (await linking.identity("visitor"))["is_shared"]
    audited = await linking.desk.rows(
        "select actor, subject from audit_log where action = 'identity.doubted'"
    )
    assert [(row["actor"], row["subject"]) for row in audited] == [
        (f"link_codes/{code}", f"identities/{ada['id']}")
    ]
    assert [one["event"] for one in await linking.events()] == ["linked_by_code", "join_doubted"]


async def test_address_is_good_for_its_week_and_for_nobody_elses_link(
    linking: LinkingDesk, clock: FakeClock
) -> None:
    await linking.desk.hear(signed_sender("visitor", host=HOST))
    await linking.hears("ada", code=(await linking.code()).code)
    token = await newest_token(linking)
    code = await code_in_the_line(linking)
    for forged in (
        f"1{token}",
        f"{code + 1}{token[len(str(code)) :]}",
        f"{code}.",
        "x.y",
        "",
        token[:-5],
    ):
        with pytest.raises(NotFound):
            alarms.code_of(linking.desk.keyring, forged)
    clock.advance(alarms.LIVES + timedelta(seconds=1))
    with pytest.raises(NotFound):
        await alarms.stop(linking.desk.database, code)
    assert not (await linking.identity("ada"))["is_shared"]


async def test_code_that_links_nothing_is_told_to_nobody_and_stops_nothing(
    linking: LinkingDesk,
) -> None:
    await linking.desk.hear(signed_sender("visitor", host=HOST))
    spent = (await linking.code()).code
    await linking.hears("ada", code=spent)
    before = await heard(linking)
    await linking.hears("eve", code=spent)
    assert await heard(linking) == [*before, ("eve", REFUSED)]
    made = await linking.code()
    unused = await linking.desk.value("select max(id) from link_codes")
    with pytest.raises(NotFound):
        await alarms.stop(linking.desk.database, unused)
    assert made.code


async def test_chat_that_several_share_or_in_public_hears_nothing(linking: LinkingDesk) -> None:
    await linking.desk.hear(signed_sender("visitor", host=HOST))
    await linking.hears("ada", code=(await linking.code()).code)
    shared = (await linking.identity("ada"))["id"]
    await linking.desk.value(
        "update identities set is_shared = true where id = $1 returning id", shared
    )
    await linking.hears("ben", code=(await linking.code()).code)
    assert [who for who, text in await heard(linking) if text == ALARM] == ["visitor", "visitor"]


async def hear_in_group(linking: LinkingDesk, handle: str, *, place: str) -> None:
    event = received(signed_sender(handle, host=HOST), place=place)
    group = Place(remote=event.place.remote, kind=PlaceKind.GROUP)
    await linking.desk.take_in(msgspec.structs.replace(event, place=group))


async def test_alarm_goes_where_nobody_reads_along_whatever_was_said_last(
    linking: LinkingDesk,
) -> None:
    await linking.desk.hear(signed_sender("visitor", host=HOST))
    await hear_in_group(linking, "visitor", place="all")
    await linking.hears("ada", code=(await linking.code()).code)

    told = await linking.desk.rows(
        "select p.kind from messages m join places p on p.id = m.place_id where m.text = $1", ALARM
    )
    assert [row["kind"] for row in told] == [PlaceKind.DIRECT]


async def test_chats_that_cannot_be_told_take_nobodys_turn(
    linking: LinkingDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "MOST", 1)
    await linking.desk.hear(signed_sender("gone", host=HOST))
    await linking.desk.value(
        "update places set is_reachable = false, unreachable_reason = 'blocked' returning id"
    )
    for visitor in ("first", "second"):
        await linking.desk.hear(signed_sender(visitor, host=HOST))
    await linking.hears("ada", code=(await linking.code()).code)

    assert [who for who, text in await heard(linking) if text == ALARM] == ["first"]


async def test_who_wants_no_notices_is_told_all_the_same(linking: LinkingDesk) -> None:
    await linking.desk.hear(signed_sender("visitor", host=HOST))
    visitor = (await linking.identity("visitor"))["id"]
    for chat in ("ada", "ben"):
        await linking.hears(chat, code=(await linking.code()).code)
        await notices.stop(linking.desk.database, visitor)

    states = await linking.desk.rows(
        "select d.state from deliveries d join messages m on m.id = d.message_id"
        " where m.text = $1 and d.identity_id = $2",
        ALARM,
        visitor,
    )
    assert [row["state"] for row in states] == ["queued", "queued"]


async def test_address_stops_no_later_link_to_another_account(linking: LinkingDesk) -> None:
    await linking.desk.hear(signed_sender("visitor", host=HOST))
    await linking.hears("ada", code=(await linking.code()).code)
    code = await code_in_the_line(linking)
    await linking.desk.value(
        "update identities set host_account = 'another' where handle = 'ada' returning id"
    )

    for ask in (alarms.is_stopped, alarms.stop):
        with pytest.raises(NotFound):
            await ask(linking.desk.database, code)
    assert not (await linking.identity("ada"))["is_shared"]


@pytest.mark.parametrize("language", languages())
def test_line_names_the_account_and_where_to_click_in_every_language(language: str) -> None:
    said = sentence(Line.LINKED_ELSEWHERE, language, {"account": "…711", "url": f"{URL}/x"})
    assert "…711" in said
    assert said.endswith(f"{URL}/x")
