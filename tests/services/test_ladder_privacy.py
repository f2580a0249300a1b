"""Whatever people and levels there are: the ladder tells nobody what was not for them."""

import asyncio
import random
from pathlib import Path

import pytest

from core.errors import RecipientGone
from core.people import CLAIMED_PREFIX
from router.services.errors import Conflict
from router.services.identity.merging import merge, split
from router.services.ladder import take_step
from router.services.ladder.climbing import Result, Stepped
from router.services.outbound.decisions import decide
from router.storage.engine import Database
from tests.services.climbing_desk import ClimbingDesk, open_climbing_desk

BLOCKED = RecipientGone("They blocked the bot.")
PEOPLE = 10


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> ClimbingDesk:
    return await open_climbing_desk(database, tmp_path)


async def _stranger_or_other_hat(desk: ClimbingDesk, dice: random.Random, person: int) -> None:
    """Another identity: of theirs or of nobody's, with whatever was found out of it."""
    number = dice.randrange(10**9)
    channel = dice.choice(["letters", "letters", "chat"])
    level = dice.choice([0, 1, 1, 2, 2])
    home = person
    if dice.random() < 0.3:
        home = await desk.hear(f"stranger-{number}")
    realm = CLAIMED_PREFIX + channel if level == 0 else channel
    identity = await desk.value(
        "insert into identities (realm, handle, home_person_id, level, host_account, is_shared,"
        " is_reachable, notices_stopped_at, created_at, seen_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, now(), now()) returning id",
        realm,
        f"{number}@people.example",
        home,
        level,
        dice.choice(["h1", "h2"]) if level == 2 else None,
        dice.random() < 0.15,
        dice.random() > 0.15,
        desk.database.clock.now() if dice.random() < 0.15 else None,
    )
    if dice.random() < 0.7:
        account = desk.letters if channel == "letters" else desk.chat
        place = await desk.value(
            "insert into places (account_id, remote_place, kind, created_at)"
            " values ($1, $2, $3, now()) returning id",
            account,
            f"{number}@people.example",
            dice.choice(["mail_thread", "direct", "group", "thread"]),
        )
        await desk.value(
            "insert into messages (person_id, place_id, account_id, direction, identity_id, level,"
            " received_at) values ($1, $2, $3, 'in', $4, $5, now())",
            home,
            place,
            account,
            identity,
            level,
        )


@pytest.mark.parametrize("seed", range(3))
async def test_nobody_is_told_what_was_not_for_them(desk: ClimbingDesk, seed: int) -> None:
    dice = random.Random(seed)
    said: dict[int, int] = {}
    for number in range(PEOPLE):
        person = await desk.hear(f"ann-{number}")
        level = dice.choice([1, 1, 2])
        await desk.value(
            "update identities set level = $2, host_account = $3 where handle = $1",
            f"ann-{number}",
            level,
            "h1" if level == 2 else None,
        )
        for _ in range(dice.randrange(4)):
            await _stranger_or_other_hat(desk, dice, person)
        bot = await desk.value("select id from places where remote_place = $1", f"ann-{number}")
        for _ in range(dice.choice([1, 1, 2])):
            written = await desk.answer(person, f"For {number} alone", place_id=bot)
            said[written.message_id] = level
        needs = dice.choice([0, 0, 0, 1, 2])
        await desk.value(
            "update cases set minimum_level = $2 where person_id = $1 and minimum_level < $2",
            person,
            needs,
        )
    await desk.send(failing={"*": BLOCKED})

    await desk.climb()
    await desk.climb()
    await desk.send(desk.letters)
    await desk.send(desk.chat)

    rows = await desk.rows(
        "select d.message_id, i.realm, i.level, i.is_shared, i.is_reachable, i.host_account,"
        " i.notices_stopped_at, l.kind, who.root_id as told, line.root_id as meant,"
        " coalesce(c.minimum_level, 0) as needed"
        " from deliveries d join identities i on i.id = d.identity_id"
        " join places l on l.id = d.place_id join persons who on who.id = i.home_person_id"
        " join ladder_steps s on s.message_id = d.message_id"
        " join identities first on first.id = s.identity_id"
        " join persons line on line.id = first.home_person_id"
        " join messages m on m.id = d.message_id left join cases c on c.id = m.case_id"
        " where d.account_id <> $1",
        desk.account,
    )
    assert rows
    for row in rows:
        assert row["told"] == row["meant"]
        assert row["level"] >= max(said[row["message_id"]], row["needed"])
        assert not row["realm"].startswith(CLAIMED_PREFIX)
        assert row["kind"] not in ("group", "thread")
        assert (row["is_shared"], row["is_reachable"]) == (False, True)
        assert row["notices_stopped_at"] is None
        if said[row["message_id"]] == 2:
            assert row["host_account"] == "h1"
    told = [row["message_id"] for row in rows]
    assert len(told) == len(set(told))
    assert len(desk.taken) == len(told)


async def test_way_that_turns_out_to_be_public_is_not_gone(desk: ClimbingDesk) -> None:
    ann = await desk.hear("ann")
    await desk.value(
        "insert into identities (realm, handle, home_person_id, level, host_account, created_at,"
        " seen_at) values ('letters', 'ann@people.example', $1, 2, 'h1', now(), now())",
        ann,
    )
    # A list of that name, in which she has never written.
    await desk.value(
        "insert into places (account_id, remote_place, kind, created_at)"
        " values ($1, 'ann@people.example', 'group', now())",
        desk.letters,
    )
    await desk.answer(ann)
    await desk.send(failing={"*": BLOCKED})

    [result] = await desk.climb()
    await desk.send(desk.letters)

    assert (result.what, result.reasons) == (Stepped.STAYED, ("level_too_low",))
    assert not desk.taken


async def _failed(desk: ClimbingDesk) -> tuple[int, int]:
    """(message, person) of an answer that the bot did not deliver; she has letters too."""
    ann = await desk.hear("ann")
    await desk.known_as(ann, "ann@people.example")
    await desk.hear("ann", "Again")
    written = await desk.answer(ann)
    await desk.send(failing={"*": BLOCKED})
    return written.message_id, ann


@pytest.mark.parametrize("first", ["split", "step"])
async def test_split_and_step_at_once_are_one_after_the_other(
    desk: ClimbingDesk, first: str
) -> None:
    message, ann = await _failed(desk)
    identity = await desk.identity("ann@people.example")
    acts = {
        "split": split(desk.database, identity_id=identity, agent_id=None, reason="Not hers."),
        "step": take_step(desk.database, desk.keyring, desk.networks, message, ann),
    }
    ordered = [acts[first], *(act for name, act in acts.items() if name != first)]

    results = await asyncio.gather(*ordered)
    await desk.send(desk.letters)

    [result] = [one for one in results if isinstance(one, Result)]
    facts = [kind for kind, _, _ in await desk.facts()]
    if result.what is Stepped.MOVED:
        assert facts.index("message.changed") < facts.index("person.split")
        assert len(desk.taken) == 1
    else:
        assert result.reasons == ("no_other_way",)
        assert not desk.taken


async def test_after_a_split_what_waits_for_its_step_goes_nowhere(desk: ClimbingDesk) -> None:
    await _failed(desk)
    identity = await desk.identity("ann@people.example")
    await split(desk.database, identity_id=identity, agent_id=None, reason="Not hers.")

    [result] = await desk.climb()

    assert (result.what, result.reasons) == (Stepped.STAYED, ("no_other_way",))


async def test_address_that_is_merged_in_before_the_step_is_a_rung(desk: ClimbingDesk) -> None:
    ann = await desk.hear("ann")
    await desk.answer(ann)
    await desk.send(failing={"*": BLOCKED})
    await desk.known_as(ann, "ann@people.example")

    assert [one.what for one in await desk.climb()] == [Stepped.MOVED]


async def test_step_is_taken_in_whosever_conversation_it_stands_by_then(
    desk: ClimbingDesk,
) -> None:
    message, ann = await _failed(desk)
    bob = await desk.hear("bob")
    await merge(desk.database, loser_id=ann, winner_id=bob, agent_id=None, reason="One and same.")

    [result] = await desk.climb()

    root = await desk.value(
        "select p.root_id from messages m join persons p on p.id = m.person_id where m.id = $1",
        message,
    )
    assert (result.what, root) == (Stepped.MOVED, bob)


@pytest.mark.parametrize("first", ["agent", "step"])
async def test_agent_and_step_at_once_send_it_once(desk: ClimbingDesk, first: str) -> None:
    message, ann = await _failed(desk)
    [failed] = await desk.deliveries(message)
    acts = {
        "agent": decide(desk.database, failed["id"], "resend"),
        "step": take_step(desk.database, desk.keyring, desk.networks, message, ann),
    }
    ordered = [acts[first], *(act for name, act in acts.items() if name != first)]

    results = await asyncio.gather(*ordered, return_exceptions=True)
    await desk.send()
    await desk.send(desk.letters)

    assert len(desk.taken) == 1
    refused = [one for one in results if isinstance(one, BaseException)]
    assert all(isinstance(one, Conflict) and one.code == "moved_on" for one in refused)
