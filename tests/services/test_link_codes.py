"""Link codes: said once, by somebody proven, where they were made for; refused alike else."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from core.clock import FakeClock
from core.ids import RemotePlace
from core.link_codes import LIFE
from core.messages import MessageNature, Place, PlaceKind
from core.people import Evidence, EvidenceKind
from router.services import cases
from router.services.identity.link_codes import MOST_LIVE, withdraw
from router.services.identity.merging import merge
from router.services.inbound import Incoming, accept
from router.services.viewer import Viewer
from router.storage.engine import Database
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.services.builders import make_account, received, sender, signed_sender
from tests.services.linking_desk import HOST, LINKED, REFUSED, LinkingDesk

CLAIM = (Evidence(kind=EvidenceKind.CLAIM),)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


@pytest.fixture
async def linking(desk: AnsweringDesk) -> LinkingDesk:
    return LinkingDesk(desk)


async def test_code_that_a_network_carries_links_the_chat_to_the_account(
    linking: LinkingDesk,
) -> None:
    made = await linking.code()

    await linking.hears("ada", code=made.code)

    ada, host = await linking.identity("ada"), await linking.identity(HOST)
    assert (ada["level"], ada["host_account"]) == (2, HOST)
    assert ada["root_id"] == host["root_id"]
    assert await linking.said() == [LINKED]
    assert await linking.outcome() == "redeemed"


async def test_message_that_consists_of_a_code_links_too(linking: LinkingDesk) -> None:
    made = await linking.code()

    await linking.hears("ada", made.code.lower().replace("-", " "))

    assert (await linking.identity("ada"))["host_account"] == HOST
    assert await linking.said() == [LINKED]


async def test_link_stands_in_the_ledger_with_what_it_rests_on(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    made = await linking.code()

    await linking.hears("ada", code=made.code)

    rows = await desk.rows(
        "select e.kind, e.level, e.proof::text from identity_evidence e"
        " join identities i on i.id = e.identity_id where i.handle = 'ada' order by e.id"
    )
    assert [(row["kind"], row["level"]) for row in rows] == [("network_id", 1), ("link_code", 2)]
    proof = msgspec.json.decode(rows[1]["proof"])
    assert (proof["host_account"], proof["code"], proof["made_by"]) == (HOST, str(made.id), "host")
    assert made.code not in rows[1]["proof"]


async def test_two_channels_of_one_account_become_one_conversation(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    await desk.hear(signed_sender("visitor", host=HOST))
    before = await linking.hears("ada", "Hello, it is about my order")
    made = await linking.code()

    await linking.hears("ada", code=made.code)

    visitor, ada = await linking.identity("visitor"), await linking.identity("ada")
    assert visitor["root_id"] == ada["root_id"]
    whose = await desk.row(
        "select m.person_id, p.root_id from messages m join persons p on p.id = m.person_id"
        " where m.id = $1",
        before,
    )
    assert whose["person_id"] == ada["home_person_id"]
    assert whose["root_id"] == ada["root_id"]
    edges = await desk.rows("select ground from person_merges order by id")
    assert "link_code" in {row["ground"] for row in edges}


async def test_agents_see_a_line_and_no_case_waits_for_them(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    made = await linking.code()

    message = await linking.hears("ada", code=made.code)

    [line] = await linking.events()
    assert (line["event"], line["message_id"]) == ("linked_by_code", message)
    assert (line["host_account"], line["code_id"]) == (HOST, made.id)
    assert await desk.value("select count(*) from cases where state <> 'solved'") == 0


async def test_code_that_was_typed_leaves_no_case_open_that_it_opened(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    await linking.hears("ada", (await linking.code()).code)
    assert await desk.value("select state from cases") == "solved"
    assert await desk.value("select sum(open_cases) from persons") == 0

    await linking.hears("ada", "And my order?")
    await linking.hears("ada", (await linking.code()).code)

    assert await desk.value("select count(*) from cases where state = 'open'") == 1
    assert await desk.value("select sum(open_cases) from persons where id = root_id") == 1


async def test_code_leaves_open_what_an_agent_has_opened(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    ada = await desk.hear("ada")
    await desk.value("update cases set state = 'solved', solved_at = now()")
    opened = await cases.open_case(desk.database, Viewer(desk.author.agent_id), ada, "Who is it?")

    await linking.hears("ada", code=(await linking.code()).code)

    assert await linking.outcome() == "redeemed"
    assert await desk.value("select state from cases where id = $1", opened.id) == "open"


async def test_refused_code_that_was_typed_waits_for_an_agent(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    await linking.hears("ada", "K7PM-2QXA-9T4D")  # a number of something else, for all we know

    assert await desk.value("select state from cases") == "open"


async def test_words_around_a_code_wait_for_an_agent_and_link_nothing(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    made = await linking.code()

    await linking.hears("ada", f"Hello,\n\nmy code is {made.code}\n\nRegards")

    assert (await linking.identity("ada"))["level"] == 1
    assert await linking.outcome() == "good"
    assert await desk.value("select state from cases") == "open"
    assert await linking.said() == []


async def test_mail_with_a_code_in_its_first_line_and_a_signature_links(
    linking: LinkingDesk,
) -> None:
    made = await linking.code()

    await linking.hears("ada", f"\n{made.code}\n\n-- \nAda Lovelace\n+44 20 7946 0000")

    assert (await linking.identity("ada"))["host_account"] == HOST


async def test_code_is_good_once(linking: LinkingDesk) -> None:
    made = await linking.code()
    await linking.hears("ada", code=made.code)

    await linking.hears("grace", code=made.code)

    assert (await linking.identity("grace"))["level"] == 1
    assert await linking.said() == [LINKED, REFUSED]
    assert ("link_code.refused", "spent") in [
        (action, facts.get("reason")) for action, facts in await linking.audited()
    ]


async def test_same_message_delivered_twice_presents_its_code_once(linking: LinkingDesk) -> None:
    made = await linking.code()
    event = received("ada", "/start", key="update-1", link_code=made.code)
    await linking.takes_in(event)

    await linking.takes_in(event)

    assert await linking.said() == [LINKED]
    assert [action for action, _ in await linking.audited()] == [
        "link_code.made",
        "link_code.redeemed",
    ]


async def test_expired_code_is_refused(linking: LinkingDesk, clock: FakeClock) -> None:
    made = await linking.code()
    clock.advance(LIFE)

    await linking.hears("ada", code=made.code)

    assert (await linking.identity("ada"))["level"] == 1
    assert (await linking.said(), await linking.outcome()) == ([REFUSED], "expired")


async def test_code_is_good_until_its_last_second(linking: LinkingDesk, clock: FakeClock) -> None:
    made = await linking.code()
    clock.advance(LIFE - timedelta(seconds=1))

    await linking.hears("ada", code=made.code)

    assert await linking.outcome() == "redeemed"


async def test_code_for_one_channel_is_refused_on_another(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    made = await linking.code(HOST, "other")

    await linking.hears("ada", code=made.code)

    assert (await linking.identity("ada"))["level"] == 1
    assert (await linking.said(), await linking.outcome()) == ([REFUSED], "other_channel")


async def test_chat_of_one_account_is_not_linked_to_another(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    await linking.hears("ada", code=(await linking.code("customer-1")).code)
    made = await linking.code(HOST)

    await linking.hears("ada", code=made.code)

    assert (await linking.identity("ada"))["host_account"] == "customer-1"
    assert (await linking.said())[1:] == [REFUSED]
    assert await linking.outcome() == "other_account"


async def test_code_joins_no_conversation_that_holds_another_account(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    from router.services.identity.merging import merge

    other = await desk.hear(signed_sender("visitor", host="customer-1"))
    ada = await desk.hear("ada")
    await merge(
        desk.database, loser_id=ada, winner_id=other, agent_id=desk.author.agent_id, reason="Same"
    )
    made = await linking.code(HOST)

    await linking.hears("ada", code=made.code)

    assert (await linking.identity("ada"))["host_account"] is None
    assert await linking.outcome() == "other_account"


async def test_forged_sender_with_a_good_code_links_nothing_and_spends_it(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    await desk.hear("ada")
    made = await linking.code()

    await linking.hears(sender("ada", evidence=CLAIM), made.code)

    assert (await linking.identity("ada"))["level"] == 1
    assert await linking.outcome() == "unproven"
    assert await linking.said() == []  # nothing is answered to a claim


async def test_address_of_several_people_is_not_linked(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    await desk.hear("family")
    await desk.value("update identities set is_shared = true returning id")
    made = await linking.code()

    await linking.hears("family", code=made.code)

    assert (await linking.identity("family"))["level"] == 1
    assert (await linking.said(), await linking.outcome()) == ([REFUSED], "shared")


async def test_code_said_in_public_is_burnt(linking: LinkingDesk, desk: AnsweringDesk) -> None:
    made = await linking.code()
    event = received("ada", made.code)
    group = Place(remote=RemotePlace("group"), kind=PlaceKind.GROUP)
    await linking.takes_in(msgspec.structs.replace(event, place=group))

    await linking.hears("ada", made.code)

    assert (await linking.identity("ada"))["level"] == 1
    assert await linking.said() == [REFUSED]  # where they are alone; never in the group


async def test_automatic_mail_presents_no_code(linking: LinkingDesk) -> None:
    made = await linking.code()

    await linking.hears("ada", made.code, nature=MessageNature.AUTO_REPLY)

    assert await linking.outcome() == "good"


async def test_account_whose_links_are_taken_back_has_no_codes(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    made = await linking.code()
    async with desk.database.transaction() as work:
        assert await withdraw(work, HOST) == 1

    await linking.hears("ada", code=made.code)

    assert (await linking.said(), await linking.outcome()) == ([REFUSED], "withdrawn")


async def test_only_so_many_codes_of_one_account_are_good_at_once(
    linking: LinkingDesk,
) -> None:
    first, *others = [await linking.code() for _ in range(MOST_LIVE + 1)]

    await linking.hears("ada", code=first.code)
    await linking.hears("grace", code=others[0].code)

    assert await linking.said() == [REFUSED, LINKED]


async def test_code_does_not_stand_in_the_record(linking: LinkingDesk, desk: AnsweringDesk) -> None:
    made = await linking.code()

    dump = str(await desk.rows("select * from link_codes")) + str(
        await desk.rows("select * from audit_log")
    )

    assert made.code not in dump
    assert made.code.replace("-", "") not in dump


async def test_refusals_read_alike_and_answer_nobody_unproven(linking: LinkingDesk) -> None:
    spent, foreign = await linking.code(), await linking.code(HOST, "other")
    await linking.hears("ada", code=spent.code)
    for number, typed in enumerate((spent.code, foreign.code, "K7PM-2QXA-9T4D", "x" * 5000, "")):
        await linking.hears(f"person-{number}", code=typed)

    assert (await linking.said())[1:] == [REFUSED] * 5


async def test_message_with_a_code_takes_the_long_way_among_plain_ones(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    account = await make_account(desk.database)
    for handle in ("ada", "grace"):
        await linking.takes_in(received(handle), account=account)
    made = await linking.code()
    events = (received("grace", "Thanks"), received("ada", made.code))

    [result] = await accept(
        desk.database,
        desk.blobs,
        [Incoming(account_id=account, fence=None, events=events)],
        linking.voice,
    )

    assert not isinstance(result, BaseException)
    assert await linking.outcome() == "redeemed"


async def test_code_that_a_network_carries_is_unread_neither_at_once_nor_after_any_merge(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    await desk.hear(signed_sender("visitor", host=HOST))
    visitor = (await linking.identity("visitor"))["root_id"]
    inbound = "select last_inbound_id from persons where id = $1"
    before = await desk.value(inbound, visitor)

    await linking.hears("ada", code=(await linking.code()).code)
    await linking.hears("ada", code="K7PM-2QXA-9T4D")  # refused: it was answered, too

    root = (await linking.identity("ada"))["root_id"]
    assert (root, await desk.value(inbound, root)) == (visitor, before)
    other = await desk.hear("zoe")
    await merge(
        desk.database, loser_id=root, winner_id=other, agent_id=desk.author.agent_id, reason="Same"
    )
    zoes = await desk.value("select max(id) from messages where author_name = 'Zoe'")
    assert await desk.value(inbound, other) == zoes


async def test_message_that_is_nothing_but_a_good_code_is_read_and_one_with_words_is_not(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    inbound = "select last_inbound_id from persons where id = $1"

    await linking.hears("ada", f" {(await linking.code()).code}\n")

    root = (await linking.identity("ada"))["root_id"]
    assert await desk.value(inbound, root) == 0
    said = await linking.hears("ada", f"{(await linking.code()).code}\nWhere is my money?")
    assert await desk.value(inbound, root) == said
