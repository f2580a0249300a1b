"""What a manifest may name to inspect with, right and wrong."""

from collections.abc import Mapping

from core.errors import BadConfig


def good(raw: bytes, options: Mapping[str, str]) -> dict[str, str]:
    for name in options:
        raise BadConfig(f"there is no option {name}")
    return {"length": str(len(raw))}


def takes_no_options(raw: bytes) -> dict[str, str]:
    return {}


def takes_any_option(raw: bytes, options: Mapping[str, str]) -> dict[str, str]:
    return {}


def fails(raw: bytes, options: Mapping[str, str]) -> dict[str, str]:
    raise ValueError("empty")
