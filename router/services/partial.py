"""Changes of which parts may be left out."""

from typing import Any

import msgspec
from msgspec import UNSET


def said_of(change: msgspec.Struct) -> dict[str, Any]:
    """What it says, by the names of its fields, as it is there; what is left out is not in it."""
    values = msgspec.structs.asdict(change)
    return {name: value for name, value in values.items() if value is not UNSET}
