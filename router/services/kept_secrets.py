"""New settings of an account that were edited without seeing its secrets: puts them back in."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from router.services.account_secrets import SHOWN_SECRET
from router.services.errors import Refused

_WHERE = ("_host", "_port", "_security", "_url")
"""How settings end that say where an account is, and how it is reached."""


def with_kept(
    values: Mapping[str, Any], before: Mapping[str, Any], secrets: Mapping[str, str]
) -> dict[str, Any]:
    """`values` with each secret of `before` where it was left out or is blanked.

    Entries of a list may have moved: one gets the secret of the former entry that is equal to it
    but for secrets, else of the one whose first field is the same. Else it stays blanked.
    """
    whole: dict[str, Any] = json.loads(json.dumps(dict(values)))
    _fill_dict(whole, before, "", secrets)
    return whole


def check_none_is_blanked(secrets: Mapping[str, str]) -> None:
    """Raises Refused: what is shown instead of a secret would become one."""
    for pointer, secret in secrets.items():
        if secret == SHOWN_SECRET:
            field = "config" + pointer.replace("/", ".")
            raise Refused("Enter this secret again.", code="invalid_config", field=field)


def check_none_is_carried(
    values: Mapping[str, Any], before: Mapping[str, Any], secrets: Mapping[str, str]
) -> None:
    """Raises Refused: with these `values` another server would be given a secret that was kept.

    Whoever may change settings, but never saw the secrets, would read them there.
    """
    moved = next(
        (
            name
            for name, value in values.items()
            if name.endswith(_WHERE) and str(value or "") != str(before.get(name) or "")
        ),
        None,
    )
    if moved is not None and with_kept(values, before, secrets) != with_kept(values, before, {}):
        raise Refused(
            "Enter the secrets again: the account is to reach another server.",
            code="invalid_config",
            field=f"config.{moved}",
        )


def _fill(new: Any, old: Any, pointer: str, secrets: Mapping[str, str]) -> None:
    if isinstance(new, dict) and isinstance(old, Mapping):
        _fill_dict(new, old, pointer, secrets)
    elif isinstance(new, list) and isinstance(old, Sequence) and not isinstance(old, str):
        _fill_list(new, old, pointer, secrets)


def _fill_dict(
    new: dict[str, Any], old: Mapping[str, Any], pointer: str, secrets: Mapping[str, str]
) -> None:
    for name, former in old.items():
        inner = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
        if inner in secrets:
            if new.get(name) in (None, SHOWN_SECRET):
                new[name] = secrets[inner]
        elif name in new:
            _fill(new[name], former, inner, secrets)


def _fill_list(
    new: list[Any], old: Sequence[Any], pointer: str, secrets: Mapping[str, str]
) -> None:
    for index, entry in enumerate(new):
        if entry == SHOWN_SECRET:
            # Bare secrets have nothing to know them by but their place.
            if len(new) == len(old) and f"{pointer}/{index}" in secrets:
                new[index] = secrets[f"{pointer}/{index}"]
            continue
        place = _former_place(entry, old)
        if place is not None:
            _fill(entry, old[place], f"{pointer}/{place}", secrets)


def _former_place(entry: Any, old: Sequence[Any]) -> int | None:
    if not isinstance(entry, dict):
        return None
    open_part = _open_part(entry)
    formers = [(place, one) for place, one in enumerate(old) if isinstance(one, Mapping)]
    for place, former in formers:
        if _open_part(former).items() >= open_part.items():
            return place
    for place, former in formers:
        first = next(iter(_open_part(former)), None)
        if first is not None and open_part.get(first) == former[first]:
            return place
    return None


def _open_part(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, str | int | float | bool | None) else repr(value)
        for name, value in entry.items()
        if value != SHOWN_SECRET
    }
