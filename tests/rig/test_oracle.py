"""The oracle itself: it finds what is lost, double or out of order, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from tests.rig.agent import AgentClient
from tests.rig.checker import (
    Shown,
    check_inbound,
    check_outbound,
    inversions,
    settled_record,
    standing_delivery,
)
from tests.rig.ledger import Ledger
from tests.rig.tokens import token


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "ledger.jsonl")
    yield made
    made.close()


def _shown(
    words: Sequence[str], *, direction: str = "in", state: str = "", person: int = 1
) -> list[Shown]:
    return [
        Shown(
            word=word,
            id=number,
            person_id=person,
            direction=direction,
            delivery_id=number if state else None,
            state=state,
        )
        for number, word in enumerate(words, start=1)
    ]


def test_accepted_message_that_is_not_shown_is_lost(ledger: Ledger) -> None:
    ledger.note("accepted", "m01-00001")
    ledger.note("accepted", "m01-00002")
    found = check_inbound(ledger, _shown(["m01-00001"]))

    assert (found.lost, found.duplicates) == (["m01-00002"], [])


def test_message_that_is_shown_twice_is_a_duplicate(ledger: Ledger) -> None:
    ledger.note("accepted", "m01-00001")
    found = check_inbound(ledger, _shown(["m01-00001", "m01-00001"]))

    assert (found.lost, found.duplicates) == ([], ["m01-00001"])


def test_author_in_two_conversations_is_scattered(ledger: Ledger) -> None:
    shown = _shown(["m01-00001"]) + _shown(["m01-00002"], person=2)

    assert check_inbound(ledger, shown).scattered == ["m01"]


def test_delivery_that_was_sent_again_is_waited_for_by_its_successor() -> None:
    resent, queued = {"id": 1, "state": "cancelled"}, {"id": 2, "state": "queued"}

    assert standing_delivery([resent, queued]) == queued
    assert standing_delivery([resent]) == resent
    assert standing_delivery([]) is None


def test_order_is_of_each_author_alone() -> None:
    assert inversions(["a01-00001", "b01-00009", "a01-00002", "b01-00010"]) == []
    assert inversions(["a01-00002", "b01-00001", "a01-00001"]) == ["a01-00001"]


def test_reply_that_nobody_got_and_nothing_marks_is_lost(ledger: Ledger) -> None:
    ledger.note("replied", "r01-00001")
    shown = _shown(["r01-00001"], direction="out", state="sent")

    assert check_outbound(ledger, shown).lost == ["r01-00001"]


def test_reply_that_is_marked_unknown_is_not_lost(ledger: Ledger) -> None:
    ledger.note("replied", "r01-00001")
    found = check_outbound(ledger, _shown(["r01-00001"], direction="out", state="unknown"))

    assert (found.lost, found.uncertain) == ([], ["r01-00001"])


@pytest.mark.parametrize(("state", "duplicates"), [("sent", ["r01-00001"]), ("unknown", [])])
def test_reply_that_arrived_twice_is_a_duplicate_unless_marked(
    ledger: Ledger, state: str, duplicates: list[str]
) -> None:
    ledger.note("replied", "r01-00001")
    ledger.note("heard", "r01-00001")
    ledger.note("heard", "r01-00001")
    shown = _shown(["r01-00001"], direction="out", state=state)

    assert check_outbound(ledger, shown).duplicates == duplicates


def test_replies_that_arrived_in_another_order_are_inversions(ledger: Ledger) -> None:
    for word in ("r01-00001", "r01-00003", "r01-00002"):
        ledger.note("replied", word)
        ledger.note("heard", word)

    assert check_outbound(ledger, []).inversions == ["r01-00002"]


AT = "2026-01-05T10:00:00+00:00"


class Desk:
    """Two conversations; Bea's second answer goes out while somebody looks."""

    def __init__(self) -> None:
        self.reads: list[int] = []

    async def conversation_ids(self) -> list[int]:
        return [1, 2]

    async def messages(self, person_id: int) -> list[dict[str, Any]]:
        self.reads.append(person_id)
        is_out = self.reads.count(person_id) > 2
        state = "sent" if person_id == 1 or is_out else "queued"
        word = token("rm01" if person_id == 1 else "rm02", 1)
        delivery = {"id": person_id, "state": state, "state_at": AT}
        return [{"id": 1, "text": word, "direction": "out", "deliveries": [delivery]}]


async def test_settled_record_asks_again_for_who_lags_and_for_all_at_the_end(
    ledger: Ledger,
) -> None:
    desk = Desk()
    shown = await settled_record(cast(AgentClient, desk), ledger)

    assert [one.state for one in shown] == ["sent", "sent"]
    assert desk.reads == [1, 2, 2, 2, 1, 2]
