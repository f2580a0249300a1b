"""U15: Words two fifths longer are cut nowhere at 320 pixels or 200 %, and all are translated."""

import click

from bench.bar import Figure
from bench.ui.figures import most
from bench.ui.stand import Stand
from tests.browser import pseudo
from tests.browser.looks import NARROW, word_faults


async def measure(stand: Stand | None) -> list[Figure]:
    assert stand is not None
    ids = await stand.populated()
    await stand.desk.patch("/me", {"language": "ru"})
    found = 0
    for width, scale in NARROW:
        async with await stand.browser.new_context(
            viewport={"width": width, "height": 700},
            device_scale_factor=scale,
            locale="ru-RU",
            timezone_id="UTC",
            reduced_motion="reduce",
            bypass_csp=True,
            storage_state=await stand.context.storage_state(),
        ) as context:
            await pseudo.speak(context)
            faults = await word_faults(await context.new_page(), stand.desk, ids, width)
        found += sum(map(len, faults.values()))
        for state, words in faults.items():
            click.echo(f"U15: {state} at {width} px: {words}", err=True)
    await stand.desk.patch("/me", {"language": "en"})
    return [most("U15", "words cut, out of reach or untranslated", found, "faults", 0)]
