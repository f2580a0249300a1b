"""All proofs by their number in the fault catalogue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.rig import f01, f02, f04, f08, f09, f10, f26, f30
from tests.rig.options import Options
from tests.rig.verdict import Verdict

PROOFS: dict[str, Callable[[Options], Awaitable[Verdict]]] = {
    "f01": f01.prove,
    "f02": f02.prove,
    "f04": f04.prove,
    "f08": f08.prove,
    "f09": f09.prove,
    "f10": f10.prove,
    "f26": f26.prove,
    "f30": f30.prove,
}
