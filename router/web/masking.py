"""What a network said of a failure, fit for many eyes: no secrets and no whole addresses."""

import re

from router.runtime.log import blotted

_ADDRESS = re.compile(r"[^\s<>\"'@]+@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
_LONG = re.compile(r"\b[A-Za-z0-9_-]{32,}\b")
"""Keys and tokens of any network."""


def masked(text: str) -> str:
    return _LONG.sub("…", _ADDRESS.sub(r"…@\1", blotted(text)))
