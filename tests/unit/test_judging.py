"""What stands in the way of saying something to somebody, without a database."""

from typing import Any

import pytest

from router.services.outbound import leveling
from router.services.outbound.leveling import Reason
from router.storage.levels import NeedsRow, ThereRow


def _needs(**fields: Any) -> NeedsRow:
    known: dict[str, Any] = {
        "case_id": 1,
        "topic_id": None,
        "said_level": 0,
        "minimum_levels": (0,),
        "channel_lists": (),
        "host_account": None,
    }
    return NeedsRow(**{**known, **fields})


def _there(**fields: Any) -> ThereRow:
    known: dict[str, Any] = {
        "channel": "sample",
        "place_kind": "direct",
        "identity_id": 1,
        "level": 1,
        "host_account": None,
        "is_shared": False,
        "is_stepped_up": False,
    }
    return ThereRow(**{**known, **fields})


@pytest.mark.parametrize(
    ("needs", "there", "reason"),
    [
        ({"minimum_levels": (1,)}, {"identity_id": None}, Reason.OUTSIDER),
        ({"minimum_levels": (1,)}, {"level": 0}, Reason.CLAIMED),
        ({"minimum_levels": (1,)}, {"place_kind": "thread", "level": 2}, Reason.IN_PUBLIC),
        ({"minimum_levels": (0, 2)}, {}, Reason.NOT_LINKED),
        ({"minimum_levels": (2, 0)}, {"level": 2, "is_shared": True}, Reason.SHARED),
        ({"minimum_levels": (3,)}, {"level": 2}, Reason.NO_STEP_UP),
        ({"minimum_levels": (3,)}, {"level": 1, "is_stepped_up": True}, Reason.NOT_LINKED),
        ({"said_level": 2}, {"level": 1}, Reason.NOT_LINKED),
        ({"minimum_levels": (2,)}, {"level": 2}, None),
        ({"minimum_levels": (3,)}, {"level": 2, "is_stepped_up": True}, None),
        ({"minimum_levels": ()}, {"identity_id": None, "level": 0}, None),
    ],
)
def test_reason_is_the_first_that_stands_in_the_way(
    needs: dict[str, Any], there: dict[str, Any], reason: Reason | None
) -> None:
    found = leveling.judge(_needs(**needs), _there(**there))
    assert (None if found is None else found.reason) == reason


@pytest.mark.parametrize(
    ("lists", "allowed"),
    [
        ((), None),
        ((("a", "b"),), {"a", "b"}),
        ((("a", "b"), ("b", "c")), {"b"}),
        ((("a",), ("b",)), set()),
    ],
)
def test_channels_must_be_named_by_everything_that_names_any(
    lists: tuple[tuple[str, ...], ...], allowed: set[str] | None
) -> None:
    assert leveling.allowed_channels(_needs(channel_lists=lists)) == allowed
