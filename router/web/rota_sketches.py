"""Routes: what a rota would come to before it is saved, and whose holidays are known.

What works on them is imported with the first call.
"""

from typing import Annotated

import msgspec

from router.services.roles import Permission
from router.services.shifts.sketch_shapes import (
    KnownCountries,
    KnownRegions,
    RotaPreview,
    RotaSketch,
)
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="shifts")

READ = allow(Permission.READ_AGENTS)
CHANGE = allow(Permission.CHANGE_QUEUE)
Country = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")]


@routes.post("/rota/preview", policy=CHANGE)
async def preview_rota(call: Call, body: RotaSketch) -> RotaPreview:
    """The next duties of a shift, and the next holidays, before it is saved. Nothing is kept."""
    from router.services.shifts import previewing

    return await previewing.preview(call.context.database, body)


@routes.get("/rota/countries", policy=READ)
async def list_countries(call: Call) -> KnownCountries:
    """Whose holidays are known."""
    from router.services.shifts import holiday_days

    return KnownCountries(countries=await holiday_days.find_countries())


@routes.get("/rota/countries/{country}", policy=READ)
async def list_regions(call: Call, country: Country) -> KnownRegions:
    """Of a country, those with holidays of their own."""
    from router.services.shifts import holiday_days

    return KnownRegions(regions=await holiday_days.find_regions(country))
