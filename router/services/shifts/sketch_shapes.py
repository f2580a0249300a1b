"""What a rota would come to before it is saved, and whose holidays are known, over the API."""

from typing import Annotated

import msgspec

from router.services.shifts.shapes import (
    CountryHolidays,
    OwnHoliday,
    PlannedShift,
    ShownDuty,
    ShownHoliday,
)


class RotaSketch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a rota that is not saved yet, to be looked at."""

    shift: PlannedShift | None = None
    countries: Annotated[tuple[CountryHolidays, ...], msgspec.Meta(max_length=50)] = ()
    holidays: Annotated[tuple[OwnHoliday, ...], msgspec.Meta(max_length=400)] = ()


class RotaPreview(msgspec.Struct, frozen=True, kw_only=True):
    duties: tuple[ShownDuty, ...]
    """The next ones."""
    holidays: tuple[ShownHoliday, ...]
    """The next ones."""


class Region(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    name: str


class KnownCountries(msgspec.Struct, frozen=True, kw_only=True):
    countries: tuple[str, ...]
    """ISO 3166-1, whose holidays are known."""


class KnownRegions(msgspec.Struct, frozen=True, kw_only=True):
    regions: tuple[Region, ...]
