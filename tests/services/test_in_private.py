"""Nothing personal where others read along, and how it goes on in private."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.capabilities import Capabilities
from core.ids import RemotePlace
from core.messages import IdentityAddress, Place, PlaceKind
from core.people import Evidence, EvidenceKind
from router.services import cases, holding
from router.services.cases import CaseChange
from router.services.errors import Conflict, Refused
from router.services.outbound import Reply, Written, decide, reply
from router.services.outbound.in_public import holds_personal
from router.services.viewer import Viewer
from router.storage.engine import Database
from tests.services.answering_desk import AnsweringDesk, open_desk, read_address
from tests.services.builders import received, sender

OPENS = Capabilities(can_open_conversation=True)


class PublicDesk:
    """A desk whose network has a private place for everybody it knows."""

    def __init__(self, desk: AnsweringDesk) -> None:
        self.desk = desk
        self.asked: list[IdentityAddress] = []

    async def hear(self, by: Any, place: str = "team", kind: PlaceKind = PlaceKind.GROUP) -> int:
        """The message's id."""
        event = received(by, f"{by} in {place}")
        said_in = Place(remote=RemotePlace(place), kind=kind)
        message = await self.desk.take_in(msgspec.structs.replace(event, place=said_in))
        assert message is not None
        return message

    async def person(self, message: int) -> int:
        return int(
            await self.desk.value(
                "select p.root_id from messages m join persons p on p.id = m.person_id"
                " where m.id = $1",
                message,
            )
        )

    async def place(self, remote: str) -> int:
        return int(await self.desk.value("select id from places where remote_place = $1", remote))

    async def answer(self, person: int, text: str = "Good day", **fields: Any) -> Written:
        fields.setdefault("client_key", "key-1")
        return await reply(
            self.desk.database,
            self.desk.keyring,
            self.desk.capabilities.__getitem__,
            self.desk.author,
            Reply(person_id=person, text=text, **fields),
            to_recipient=read_address,
            private_place_of=self._private_place_of,
        )

    def _private_place_of(self, channel: str, identity: IdentityAddress) -> Place | None:
        self.asked.append(identity)
        return Place(remote=RemotePlace(f"dm-{identity.handle}"))

    async def said(self) -> list[tuple[str, str]]:
        rows = await self.desk.rows(
            "select m.text, l.remote_place from messages m join places l on l.id = m.place_id"
            " where m.direction = 'out' order by m.id"
        )
        return [(row["text"], row["remote_place"]) for row in rows]

    async def set_case(self, **columns: object) -> None:
        for name, value in columns.items():
            await self.desk.value(f"update cases set {name} = $1 returning id", value)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> PublicDesk:
    made = await open_desk(database, tmp_path)
    made.capabilities[made.channel] = OPENS
    return PublicDesk(made)


async def _refusal(desk: PublicDesk, person: int, text: str = "Hi", **fields: Any) -> object:
    with pytest.raises(Conflict) as refused:
        await desk.answer(person, text, **fields)
    assert refused.value.code == "public_place"
    assert await desk.said() == []
    return refused.value.facts["reason"]


async def test_reply_marked_private_is_refused_in_a_group(desk: PublicDesk) -> None:
    ana = await desk.person(await desk.hear("ana"))

    assert await _refusal(desk, ana, is_private=True) == "marked_private"


async def test_reply_in_a_private_case_is_refused_in_a_group(desk: PublicDesk) -> None:
    ana = await desk.person(await desk.hear("ana"))
    await desk.set_case(is_private=True)

    assert await _refusal(desk, ana) == "private_case"


@pytest.mark.parametrize("access_class", ["fraud", "kyc", "legal"])
async def test_reply_in_a_restricted_case_is_refused_in_a_group(
    desk: PublicDesk, access_class: str
) -> None:
    ana = await desk.person(await desk.hear("ana"))
    await desk.set_case(access_class=access_class)

    assert await _refusal(desk, ana) == "restricted_case"


async def test_reply_that_tells_what_agents_noted_of_them_is_refused_in_a_group(
    desk: PublicDesk,
) -> None:
    ana = await desk.person(await desk.hear("ana"))
    await desk.desk.value(
        """update persons set attributes = '{"iban": "DE02 1203 0000"}' returning id"""
    )

    assert await _refusal(desk, ana, "It is de0212030000.") == "personal_content"


async def test_reply_that_tells_their_address_elsewhere_is_refused_in_a_group(
    desk: PublicDesk,
) -> None:
    ana = await desk.person(await desk.hear("ana-of-here"))
    await desk.desk.value(
        "insert into identities (realm, handle, home_person_id, seen_at, created_at)"
        " values ('email', 'ana@shop.invalid', $1, now(), now()) returning id",
        ana,
    )

    assert await _refusal(desk, ana, "Sent to Ana@shop.invalid") == "personal_content"
    await desk.answer(ana, "Hello ana-of-here")


@pytest.mark.parametrize("kind", [PlaceKind.DIRECT, PlaceKind.MAIL_THREAD])
async def test_private_reply_goes_out_where_nobody_reads_along(
    desk: PublicDesk, kind: PlaceKind
) -> None:
    ana = await desk.person(await desk.hear("ana", "alone", kind))
    await desk.set_case(access_class="kyc")

    await desk.answer(ana, "Between us", is_private=True)

    assert await desk.said() == [("Between us", "alone")]
    assert await desk.desk.value("select is_private from messages where direction = 'out'")


async def test_answer_in_private_goes_where_they_wrote_to_us_alone(desk: PublicDesk) -> None:
    await desk.hear("ana", "alone", PlaceKind.DIRECT)
    ana = await desk.person(await desk.hear("ana"))
    team = await desk.place("team")

    await desk.answer(ana, "Between us", place_id=team, is_private=True, in_private=True)

    assert await desk.said() == [("Between us", "alone")]
    assert desk.asked == []


async def test_answer_in_private_is_put_off_together_with_its_line_in_public(
    desk: PublicDesk,
) -> None:
    ana = await desk.person(await desk.hear("ana"))
    now = desk.desk.database.clock.now()
    written = await desk.answer(
        ana,
        "Between us",
        place_id=await desk.place("team"),
        in_private=True,
        public_line="Answered you privately.",
        send_at=now + timedelta(hours=1),
    )
    viewer = Viewer(desk.desk.author.agent_id)

    for at in (now + timedelta(days=2), None):
        await holding.reschedule(
            desk.desk.database, viewer, written.message_id, at, may_decide=False
        )
        rows = await desk.desk.deliveries()
        state = "queued" if at is None else "held"
        assert [(row["due_at"], row["state"]) for row in rows] == [(at or now, state)] * 2


async def test_answer_in_private_opens_the_place_that_the_network_has(desk: PublicDesk) -> None:
    ana = await desk.person(await desk.hear("ana"))
    team = await desk.place("team")

    written = await desk.answer(
        ana, "Between us", place_id=team, in_private=True, public_line="Answered you privately."
    )

    assert await desk.said() == [("Between us", "dm-ana"), ("Answered you privately.", "team")]
    assert [one.handle for one in desk.asked] == ["ana"]
    [event] = await desk.desk.rows("select context from messages where direction = 'event'")
    facts = (
        msgspec.json.decode(event["context"])
        if isinstance(event["context"], str)
        else event["context"]
    )
    private = await desk.place("dm-ana")
    assert facts["event"] == "continued_in_private"
    assert (facts["public_place_id"], facts["private_place_id"]) == (team, private)
    assert facts["message_id"] == written.message_id
    assert facts["public_message_id"] is not None
    assert await desk.desk.states() == ["queued", "queued"]


async def test_opened_place_can_be_written_to_again_before_they_answer(desk: PublicDesk) -> None:
    ana = await desk.person(await desk.hear("ana"))
    await desk.answer(ana, "one", in_private=True)
    private = await desk.place("dm-ana")

    await desk.answer(ana, "two", client_key="key-2", place_id=private)
    await desk.answer(ana, "three", client_key="key-3", in_private=True)
    await desk.answer(ana, "in public", client_key="key-4")

    assert await desk.said() == [
        ("one", "dm-ana"),
        ("two", "dm-ana"),
        ("three", "dm-ana"),
        ("in public", "team"),
    ]


async def test_answer_in_private_sent_twice_is_said_once(desk: PublicDesk) -> None:
    ana = await desk.person(await desk.hear("ana"))

    first = await desk.answer(ana, in_private=True, public_line="Look into your messages.")
    again = await desk.answer(ana, in_private=True, public_line="Look into your messages.")

    assert (first.message_id, first.is_new) == (again.message_id, True)
    assert not again.is_new
    assert len(await desk.said()) == 2


async def test_line_left_in_public_may_hold_nothing_personal(desk: PublicDesk) -> None:
    ana = await desk.person(await desk.hear("ana"))
    await desk.desk.value(
        """update persons set attributes = '{"order": "ORD-5512"}' returning id"""
    )

    assert (
        await _refusal(desk, ana, "ORD-5512 is late", in_private=True, public_line="ord-5512!")
        == "personal_content"
    )


async def test_person_who_must_write_first_cannot_be_answered_in_private(desk: PublicDesk) -> None:
    desk.desk.capabilities[desk.desk.channel] = Capabilities()
    ana = await desk.person(await desk.hear("ana"))

    with pytest.raises(Conflict) as refused:
        await desk.answer(ana, in_private=True)

    assert refused.value.code == "no_private_place"
    assert await desk.said() == []


async def test_somebody_who_only_claims_a_name_is_not_followed_into_private(
    desk: PublicDesk,
) -> None:
    claim = (Evidence(kind=EvidenceKind.CLAIM),)
    ana = await desk.person(await desk.hear(sender("ana", evidence=claim)))

    with pytest.raises(Conflict) as refused:
        await desk.answer(ana, in_private=True)

    assert refused.value.code == "no_private_place"


async def test_line_for_the_public_makes_no_sense_without_a_private_answer(
    desk: PublicDesk,
) -> None:
    ana = await desk.person(await desk.hear("ana"))

    with pytest.raises(Refused) as refused:
        await desk.answer(ana, public_line="Look into your messages.")

    assert refused.value.field == "public_line"


@pytest.mark.parametrize(
    ("text", "known", "is_personal"),
    [
        ("call +49 30 1234", ["+49301234"], True),
        ("ANA@X.TEST", ["ana@x.test"], True),
        ("the ash is here", ["ash"], False),
        ("nothing", [], False),
        ("nothing", ["     "], False),
    ],
)
def test_what_is_known_is_found_whatever_its_case_and_spacing(
    text: str, known: list[str], is_personal: bool
) -> None:
    assert holds_personal(text, known) is is_personal


async def test_failed_answer_is_not_sent_again_in_public_once_its_case_is_private(
    desk: PublicDesk,
) -> None:
    ana = await desk.person(await desk.hear("ana"))
    await desk.answer(ana)
    failed = int(await desk.desk.value("update deliveries set state = 'failed' returning id"))
    await desk.set_case(is_private=True)

    with pytest.raises(Conflict) as refused:
        await decide(desk.desk.database, failed, "resend")

    assert refused.value.facts == {"reason": "private_case"}
    assert await desk.desk.states() == ["failed"]


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (CaseChange(is_private=True), "Its case became private."),
        (CaseChange(access_class="fraud"), "Its case became restricted."),
    ],
)
async def test_answer_that_waits_does_not_go_out_in_public_once_its_case_is_private(
    desk: PublicDesk, change: CaseChange, because: str
) -> None:
    await desk.hear("ana", "alone", PlaceKind.DIRECT)
    ana = await desk.person(await desk.hear("ana"))
    team, alone = await desk.place("team"), await desk.place("alone")
    await desk.answer(ana, "in public", place_id=team)
    await desk.answer(ana, "alone", client_key="key-2", place_id=alone)
    case = int(await desk.desk.value("select max(id) from cases"))

    viewer = Viewer(desk.desk.author.agent_id)
    await cases.change_case(desk.desk.database, viewer, case, change, may_classify=True)

    assert await desk.desk.states() == ["cancelled", "queued"]
    [public, _] = await desk.desk.deliveries()
    assert public["reason"] == because
