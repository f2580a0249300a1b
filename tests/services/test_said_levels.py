"""At which level something was said, by either way in, and on what that rests."""

from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.clock import FakeClock
from core.ids import RemoteId
from core.messages import MessageEdited, Sender, ThreadKey
from core.people import Evidence, EvidenceKind, Level, said_level
from router.services.identity.evidence import Ground, ground_of
from router.services.inbound.sources import prepare
from router.services.inbound.steady import to_plain
from router.services.shown.messages import load_message
from router.services.shown.people import Identity, load_persons
from router.storage import host_withdrawals, identities
from router.storage.engine import Database
from router.storage.identities import NewEvidence
from router.storage.inbound_steady import store_steady
from tests.services.builders import received, sender, signed_sender
from tests.services.level_desk import LevelDesk, open_level_desk

CLAIM = (Evidence(kind=EvidenceKind.CLAIM, proof={"found": "none"}),)
WAYS = pytest.mark.parametrize("is_long", [False, True], ids=["short way", "long way"])
_numbers = count(1)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> LevelDesk:
    return await open_level_desk(database, tmp_path)


async def hears(desk: LevelDesk, by: Sender, *, is_long: bool = False, **fields: Any) -> int:
    """The message. What opens a thread goes the long way."""
    if is_long:
        fields["thread_keys"] = (ThreadKey("t", f"thread-{next(_numbers)}"),)
    message = await desk.take_in(received(by, **fields))
    assert message is not None
    return message


async def level_of(desk: LevelDesk, message: int) -> int | None:
    found = await desk.value("select level from messages where id = $1", message)
    return None if found is None else int(found)


async def prove(desk: LevelDesk, handle: str, kind: EvidenceKind, host: str = "7") -> None:
    """Something proves it apart from a message, as a link code or the host's own word does."""
    async with desk.database.transaction() as work:
        proof = Evidence(kind=kind, proof={"host_account": host})
        identity = await work.driver.fetchval("select id from identities where handle = $1", handle)
        await identities.add_evidence(
            work, [NewEvidence(identity_id=identity, evidence=proof, host_account=host)]
        )


@WAYS
async def test_message_of_a_known_network_is_said_at_one(desk: LevelDesk, is_long: bool) -> None:
    await hears(desk, sender("ann"), is_long=True)

    message = await hears(desk, sender("ann"), is_long=is_long)

    assert await level_of(desk, message) == 1


@WAYS
@pytest.mark.parametrize("kind", [EvidenceKind.LINK_CODE, EvidenceKind.HOST_VERIFIED])
async def test_message_after_a_link_is_said_at_two(
    desk: LevelDesk, kind: EvidenceKind, is_long: bool
) -> None:
    before = await hears(desk, sender("ann"), is_long=True)
    await prove(desk, "ann", kind)

    after = await hears(desk, sender("ann"), is_long=is_long)

    assert (await level_of(desk, before), await level_of(desk, after)) == (1, 2)


@WAYS
async def test_claim_in_a_known_thread_stays_a_claim(desk: LevelDesk, is_long: bool) -> None:
    first = await hears(desk, sender("ann"), is_long=True)
    await prove(desk, "ann", EvidenceKind.HOST_VERIFIED)
    await hears(desk, sender("ann", evidence=CLAIM), is_long=True)

    forged = await hears(desk, sender("ann", evidence=CLAIM), is_long=is_long)

    assert await level_of(desk, forged) == 0
    of_each = "select person_id from messages where id = $1"
    assert await desk.value(of_each, forged) != await desk.value(of_each, first)


@WAYS
async def test_message_from_a_shared_address_is_said_at_one(desk: LevelDesk, is_long: bool) -> None:
    await hears(desk, sender("ann"), is_long=True)
    await prove(desk, "ann", EvidenceKind.HOST_VERIFIED)
    await desk.value("update identities set is_shared = true where handle = 'ann'")

    message = await hears(desk, sender("ann"), is_long=is_long)

    assert await level_of(desk, message) == 1


@WAYS
async def test_message_after_a_link_was_taken_back_is_said_at_one(
    desk: LevelDesk, is_long: bool
) -> None:
    await hears(desk, sender("ann"), is_long=True)
    await prove(desk, "ann", EvidenceKind.LINK_CODE)
    linked = await hears(desk, sender("ann"), is_long=is_long)
    async with desk.database.transaction() as work:
        identity = await work.driver.fetchval("select id from identities where handle = 'ann'")
        await host_withdrawals.withdraw(work, [identity], "7", reason="unlinked", actor="host")

    after = await hears(desk, sender("ann"), is_long=is_long)

    assert (await level_of(desk, linked), await level_of(desk, after)) == (2, 1)


async def stepped_up(desk: LevelDesk, *, until: timedelta = timedelta(minutes=15)) -> None:
    await hears(desk, signed_sender("ann", host="7", realm="sample"), is_long=True)
    await desk.step_up("ann")
    await desk.value(
        "update identities set stepped_up_until = $1 where handle = 'ann'",
        desk.database.clock.now() + until,
    )


@WAYS
async def test_message_during_a_step_up_is_said_at_three(
    desk: LevelDesk, is_long: bool, clock: FakeClock
) -> None:
    await stepped_up(desk)

    during = await hears(desk, sender("ann"), is_long=is_long)
    clock.advance(timedelta(minutes=15))
    after = await hears(desk, sender("ann"), is_long=is_long)

    assert (await level_of(desk, during), await level_of(desk, after)) == (3, 2)


async def test_short_way_leaves_the_stepped_up_to_the_long_one(desk: LevelDesk) -> None:
    await stepped_up(desk)
    plain = to_plain(await prepare(desk.blobs, desk.account, [received(sender("ann"))]))
    assert plain is not None

    async with desk.database.announcing_once() as work:
        assert await store_steady(work, plain) == {}


async def test_step_up_in_another_case_raises_nothing(desk: LevelDesk) -> None:
    await stepped_up(desk)
    await desk.value("update cases set state = 'solved', solved_at = opened_at")

    message = await hears(desk, sender("ann"))

    assert await level_of(desk, message) == 2


async def test_step_up_of_another_identity_raises_nothing(desk: LevelDesk) -> None:
    await stepped_up(desk)
    await hears(desk, signed_sender("eve", host="7", realm="sample"), is_long=True)
    await desk.value("update identities set stepped_up_until = now() + interval '1 hour'")

    message = await hears(desk, sender("eve"), is_long=True)

    assert await level_of(desk, message) == 2


async def edits(desk: LevelDesk, message: int, text: str) -> None:
    key = await desk.value("select dedup_key from messages where id = $1", message)
    place = received(sender("ann")).place
    edited = MessageEdited(
        event_key=f"edit-{next(_numbers)}", place=place, remote_id=RemoteId(key), text=text
    )
    await desk.take_in(edited)


async def test_words_changed_after_a_step_up_were_not_said_in_it(
    desk: LevelDesk, clock: FakeClock
) -> None:
    await stepped_up(desk)
    message = await hears(desk, sender("ann"))
    await edits(desk, message, "Pay it to A, please")
    assert await level_of(desk, message) == 3

    clock.advance(timedelta(minutes=16))
    await edits(desk, message, "Pay it to B")

    assert await level_of(desk, message) == 2


async def test_words_changed_after_a_link_stay_at_the_level_they_were_said_at(
    desk: LevelDesk,
) -> None:
    message = await hears(desk, sender("ann"))
    await prove(desk, "ann", EvidenceKind.LINK_CODE)

    await edits(desk, message, "It was me")

    assert await level_of(desk, message) == 1


async def test_what_one_of_us_writes_on_the_network_proves_nothing(desk: LevelDesk) -> None:
    await hears(desk, sender("ann"))

    ours = await desk.take_in(
        msgspec.structs.replace(
            received(sender("bo")), place=received(sender("ann")).place, is_from_desk=True
        )
    )

    assert ours is not None
    assert await level_of(desk, ours) is None


@pytest.mark.parametrize(
    ("own", "known", "is_shared", "said"),
    [(0, 2, False, 0), (1, 2, False, 2), (2, 1, False, 2), (1, 2, True, 1), (1, 3, False, 2)],
)
def test_level_of_words_is_that_of_who_says_them_if_anything_proves_it(
    own: int, known: int, is_shared: bool, said: int
) -> None:
    assert said_level(Level(own), known, is_shared=is_shared) == said


async def shown(desk: LevelDesk, handle: str = "ann") -> Identity:
    async with desk.database.reading() as work:
        root = await work.driver.fetchval(
            "select p.root_id from identities i join persons p on p.id = i.home_person_id"
            " where handle = $1",
            handle,
        )
        person = (await load_persons(work, [root]))[root]
    return next(one for one in person.identities if one.handle == handle)


async def test_evidence_is_shown_with_its_ground_and_whether_it_stands(desk: LevelDesk) -> None:
    await hears(desk, sender("ann"))
    await prove(desk, "ann", EvidenceKind.LINK_CODE)
    async with desk.database.transaction() as work:
        identity = await work.driver.fetchval("select id from identities where handle = 'ann'")
        await host_withdrawals.withdraw(work, [identity], "7", reason="unlinked", actor="host")

    network, code = (await shown(desk)).evidence

    assert (network.ground, network.level, network.stands) == (Ground.NETWORK_ID, 1, True)
    assert (code.ground, code.level, code.stands) == (Ground.LINK_CODE, 2, False)
    assert (code.withdrawn, code.ends_at) == ("unlinked", desk.database.clock.now())


async def test_message_names_the_ground_of_its_level_at_that_time(desk: LevelDesk) -> None:
    first = await hears(desk, sender("ann"))
    await prove(desk, "ann", EvidenceKind.LINK_CODE)
    second = await hears(desk, sender("ann"))
    forged = await hears(desk, sender("ann", evidence=CLAIM))

    async with desk.database.reading() as work:
        found = [await load_message(work, one) for one in (first, second, forged)]

    assert [one and one.ground for one in found] == [
        Ground.NETWORK_ID,
        Ground.LINK_CODE,
        Ground.CLAIMED,
    ]


@pytest.mark.parametrize(
    ("kind", "proof", "ground"),
    [
        (EvidenceKind.AUTHENTICATED_MAIL, {"verified": "dkim"}, Ground.MAIL_SIGNED),
        (EvidenceKind.AUTHENTICATED_MAIL, {"authserv_id": "mx"}, Ground.MAIL_VOUCHED),
        *((kind, {}, None) for kind in EvidenceKind),
    ],
)
def test_every_kind_of_evidence_has_a_ground(
    kind: EvidenceKind, proof: dict[str, str], ground: Ground | None
) -> None:
    found = ground_of(kind, proof)
    assert found is ground if ground else found in Ground
