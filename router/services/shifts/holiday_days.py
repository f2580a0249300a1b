"""Holidays of countries and their regions, from the library of them."""

import asyncio
from datetime import date

from router.services.errors import NotFound, Refused
from router.services.shifts.reading import holidays_of
from router.services.shifts.shapes import CountryHolidays, RotaPlan, ShownHoliday
from router.services.shifts.sketch_shapes import Region
from router.storage import shifts as stored
from router.storage.unit_of_work import UnitOfWork

YEARS = 2
"""Beside this one."""
Known = tuple[str, str, date, str]
"""Country, region, day, name."""


async def find_days(plan: RotaPlan, today: date) -> list[Known]:
    """Of its countries, from the first of January on. Raises Refused (the field)."""
    if not plan.countries:
        return []
    # In a thread: the library is read from the disk with the first call.
    return await asyncio.to_thread(_find, plan.countries, today.year)


def _find(countries: tuple[CountryHolidays, ...], year: int) -> list[Known]:
    from holidays import country_holidays

    found: list[Known] = []
    for number, one in enumerate(countries):
        years = range(year, year + YEARS + 1)
        try:
            days = country_holidays(
                one.country,
                subdiv=one.region or None,
                years=years,
                # As they are called there, whatever the language of this machine.
                language=country_holidays(one.country).default_language,
            )
        except NotImplementedError as error:
            field = "region" if one.region and "subdivision" in str(error).lower() else "country"
            raise Refused(
                f"No holidays are known of {one.country} {one.region}".rstrip() + ".",
                code="unknown",
                field=f"countries.{number}.{field}",
            ) from error
        found += [(one.country, one.region, day, name) for day, name in sorted(days.items())]
    return found


async def find_countries() -> tuple[str, ...]:
    """ISO 3166-1, of those whose holidays are known."""
    return await asyncio.to_thread(_countries)


def _countries() -> tuple[str, ...]:
    from holidays.registry import COUNTRIES

    return tuple(sorted(names[1] for names in COUNTRIES.values()))


async def find_regions(country: str) -> tuple[Region, ...]:
    """Those with holidays of their own. Raises NotFound."""
    return await asyncio.to_thread(_regions, country)


def _regions(country: str) -> tuple[Region, ...]:
    from holidays import country_holidays

    if country not in _countries():
        raise NotFound(f"No holidays are known of {country}.")
    known = country_holidays(country)
    names = known.get_subdivision_aliases()
    found = [
        Region(code=one, name=next(iter(names.get(one, [])), one)) for one in known.subdivisions
    ]
    return tuple(sorted(found, key=lambda one: (one.name, one.code)))


async def load_days(work: UnitOfWork, plan: RotaPlan) -> tuple[ShownHoliday, ...]:
    """All holidays of a plan that is not saved yet. Raises Refused."""
    known = await find_days(plan, work.now().date())
    fields = ("country", "region", "day", "name")
    return holidays_of(plan, [dict(zip(fields, one, strict=True)) for one in known])


async def keep_days(work: UnitOfWork, plan: RotaPlan) -> None:
    """What is known of its countries from this year on; years before stay as they were."""
    today = work.now().date()
    await stored.keep_holidays(work, await find_days(plan, today), date(today.year, 1, 1))
