"""U13: axe-core finds nothing in any state, theme and language."""

import click

from bench.bar import Figure
from bench.ui.figures import least, most
from bench.ui.stand import Stand
from tests.browser.looks import Theme, access_faults
from tests.browser.states import STATES

LANGUAGES = {"en": "en-GB", "zh": "zh-CN", "ru": "ru-RU"}
THEMES: tuple[Theme, ...] = ("light", "dark")
DESK = {"width": 1440, "height": 900}


async def measure(stand: Stand | None) -> list[Figure]:
    assert stand is not None
    ids = await stand.populated()
    found = looked = 0
    for language, locale in LANGUAGES.items():
        await stand.desk.patch("/me", {"language": language})
        async with await stand.browser.new_context(
            viewport=DESK,  # type: ignore[arg-type]  # a size
            locale=locale,
            timezone_id="UTC",
            reduced_motion="reduce",
            bypass_csp=True,
            storage_state=await stand.context.storage_state(),
        ) as context:
            page = await context.new_page()
            faults = await access_faults(page, stand.desk, ids, themes=THEMES, in_each=True)
        found += sum(map(len, faults.values()))
        looked += len(STATES) * len(THEMES)
        for state, rules in faults.items():
            click.echo(f"U13: {state} in {language}: {rules}", err=True)
    await stand.desk.patch("/me", {"language": "en"})
    return [
        most("U13", "faults of access that axe-core finds", found, "faults", 0),
        least("U13", "states looked at, by theme and language", looked, "states", 150),
    ]
