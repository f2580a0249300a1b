"""Frames put together from parts are, byte for byte, what encoding the whole would give."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from router.services.feed_events import LoadedEvent, Scene
from router.services.shown.names import ChannelUse, Named
from router.services.shown.people import Merge
from router.services.shown.rows import Rows, SharedRow
from router.storage.sight import NOTHING_HIDDEN
from router.storage.unit_of_work import Fact
from router.web.feed_frames import EventFrame, closing, packed
from tests.rules.sources import ROOT

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def shared(person: int) -> SharedRow:
    return SharedRow(
        person_id=person,
        display_name='Ana "the" \u2028 B.',
        state="open",
        owner=Named(id=1, name="Bo"),
        subject="",
        snippet="你好",
        is_deleted=False,
        last_message_id=9,
        last_direction="in",
        last_at=NOW,
        channels=(ChannelUse(channel="sample", account_id=1, label="Desk"),),
        level=1,
        is_claimed=False,
        is_blocked=False,
        blocked_identities=(),
        label_ids=(),
        has_trouble=False,
        priority=3,
        open_cases=1,
        language=None,
    )


ROWS = Rows(
    shared={1: shared(1), 2: shared(2)},
    members={1: (1,), 2: (2, 3)},
    last_inbound={1: 9, 2: 9},
    tails={1: [7, 8, 9], 2: [5], 3: [6, 9]},
    marks={(10, 1): 8, (11, 1): 9, (11, 2): 9, (11, 3): 9},
    drafters=frozenset({(11, 3)}),
    hidden=NOTHING_HIDDEN,
)
SCENE = Scene(rows=ROWS, hidden=NOTHING_HIDDEN)
MERGE = Merge(
    id=4,
    kind="merge",
    loser_id=2,
    loser_name="Ada",
    winner_id=1,
    winner_name="Grace",
    agent=None,
    reason="Phone.",
    ground="agent",
    merged_at=NOW,
    undone_at=None,
    undone_by=None,
    undo_reason="",
    undo_ground=None,
)


def event(kind: Fact, roots: tuple[int, ...], **more: Any) -> LoadedEvent:
    return LoadedEvent(
        position=7, kind=kind, root_id=roots[0], carried=None, row_roots=roots, **more
    )


def body(frame: bytes) -> Any:
    size = frame[1]
    return json.loads(frame[2 if size < 126 else 4 if size == 126 else 10 :])


@pytest.mark.parametrize("agent", [10, 11, 12])
def test_row_with_an_agents_own_fields_is_the_row_of_the_api(agent: int) -> None:
    frame = EventFrame(event(Fact.READ_CHANGED, (1,)), SCENE, lambda _: MERGE).for_agent(agent)

    assert body(frame) == {
        "type": "event",
        "position": 7,
        "kind": "read.changed",
        "person_id": 1,
        "row": json.loads(msgspec.json.encode(ROWS.row(agent, 1))),
    }


@pytest.mark.parametrize("agent", [10, 11, 12])
@pytest.mark.parametrize("roots", [(1,), (1, 2)])
def test_merge_carries_every_row_and_who_is_gone(agent: int, roots: tuple[int, ...]) -> None:
    told = LoadedEvent(
        position=7, kind=Fact.PERSON_MERGED, root_id=1, carried=MERGE, row_roots=roots, gone=(2,)
    )

    frame = EventFrame(told, SCENE, lambda _: MERGE).for_agent(agent)

    assert body(frame) == {
        "type": "event",
        "position": 7,
        "kind": "person.merged",
        "person_id": 1,
        "merge": json.loads(msgspec.json.encode(MERGE)),
        "rows": [json.loads(msgspec.json.encode(ROWS.row(agent, root))) for root in roots],
        "gone": [2],
    }


def test_agents_who_see_the_same_share_one_frame() -> None:
    frame = EventFrame(event(Fact.READ_CHANGED, (1,)), SCENE, lambda _: MERGE)

    assert frame.for_agent(12) is frame.for_agent(13)
    assert frame.for_agent(12) is not frame.for_agent(11)


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, "81 00"),
        (125, "81 7d"),
        (126, "81 7e 00 7e"),
        (65_535, "81 7e ff ff"),
        (65_536, "81 7f 00 00 00 00 00 01 00 00"),
    ],
)
def test_packed_text_is_one_final_unmasked_message(size: int, header: str) -> None:
    assert packed(b"x" * size) == bytes.fromhex(header) + b"x" * size


def test_closing_frame_says_its_code() -> None:
    assert closing(4401) == bytes.fromhex("88 02 11 31")


def test_table_of_the_docs_has_every_kind_that_pages_are_told_of() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    names = " ".join(line.split(" | ")[0] for line in page.splitlines() if line.startswith("| `"))

    missing = {fact.value for fact in Fact if f"`{fact.value}`" not in names}

    assert missing == {"message.seen"}
