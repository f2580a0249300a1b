"""Editors of one field that are open at the same time: nobody's value is written over unseen."""

import random

import pytest

from core.case_fields import FieldKind, is_same
from router.services import cases
from router.services.case_values import FieldValue
from router.services.cases import CaseChange
from router.services.errors import Conflict
from router.services.viewer import Viewer
from tests.services.test_case_fields import define, has
from tests.stage import Stage


async def save(stage: Stage, by: Viewer, case: int, field: int, value: str, saw: str) -> None:
    put = FieldValue(field_id=field, value=value, expected=saw)
    await cases.change_case(stage.database, by, case, CaseChange(set_fields=(put,)))


def test_values_are_the_same_however_they_are_written() -> None:
    choices = ("TRC-20", "Bitcoin")
    for kind, one, other in (
        ("text", " two  words ", "two words"),
        ("number", "012.50", "12.5"),
        ("choice", "trc-20", "TRC-20"),
        ("choice", "Solana", " Solana"),
        ("yes_no", "TRUE", "yes"),
        ("date", "", " "),
    ):
        assert is_same(FieldKind(kind), choices, one, other)
    for kind, one, other in (
        ("number", "12.5", "12.51"),
        ("choice", "Solana", "solana"),
        ("text", "", "x"),
    ):
        assert not is_same(FieldKind(kind), choices, one, other)


async def test_value_that_a_colleague_filled_in_meanwhile_is_told_and_stands(stage: Stage) -> None:
    bo, cy = await stage.agent(), await stage.agent("cy")
    case = await stage.case_of(await stage.says("ana"))
    amount, note = await define(stage, bo, "Amount", "number"), await define(stage, bo, "Note")
    await save(stage, bo, case, amount, "12.50", "")

    meanwhile = CaseChange(
        set_fields=(
            FieldValue(field_id=note, value="mine", expected=""),
            FieldValue(field_id=amount, value="7", expected=""),
        )
    )
    with pytest.raises(Conflict) as refused:
        await cases.change_case(stage.database, cy, case, meanwhile)

    assert refused.value.code == "value_moved_on"
    assert refused.value.facts == {"field_id": amount, "value": "12.5"}
    assert await has(stage, bo, case) == {"Amount": "12.5", "Note": ""}
    # What they wanted stands there already, and who knows of it puts theirs there.
    await save(stage, cy, case, amount, "12.500", "")
    await save(stage, cy, case, amount, "7", "012.5")
    assert await has(stage, bo, case) == {"Amount": "7", "Note": ""}


async def test_editors_in_any_order_write_over_nothing_unseen_and_refuse_nothing_else(
    stage: Stage,
) -> None:
    agents = [await stage.agent(name) for name in ("bo", "cy", "di")]
    case = await stage.case_of(await stage.says("ana"))
    field = await define(stage, agents[0], "Amount", "number")
    ways = {"": ("", " "), "1": ("1", "1.0", "01"), "2": ("2", "+2"), "3": ("3", "3.00")}
    for seed in range(6):
        dice = random.Random(seed)
        stands = (await has(stage, agents[0], case))["Amount"]
        saw = dict.fromkeys(range(3), stands)
        for _ in range(12):
            who = dice.randrange(3)
            if dice.random() < 0.3:
                saw[who] = stands
                continue
            wanted = dice.choice(sorted(ways))
            written, seen = dice.choice(ways[wanted]), dice.choice(ways[saw[who]])
            if saw[who] == stands or wanted == stands:
                await save(stage, agents[who], case, field, written, seen)
                stands = saw[who] = wanted
            else:
                with pytest.raises(Conflict) as refused:
                    await save(stage, agents[who], case, field, written, seen)
                assert refused.value.facts["value"] == stands, seed
                saw[who] = stands
            assert await has(stage, agents[who], case) == {"Amount": stands}
