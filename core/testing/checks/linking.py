"""Checks of link codes: what people type comes in as it is, and a deep link carries the code."""

from urllib.parse import unquote

from core.link_codes import find_code, new_code
from core.rich_text import is_safe_url
from core.testing.trial import Trial, marker
from core.testing.verdict import Declined, require


async def check_code_that_is_typed_comes_in_as_one(trial: Trial) -> None:
    """A message of a code alone is found to be that code, and words with a code in them are not."""
    async with trial.opened() as connector, trial.receiving(connector) as reception:
        code, words = new_code(), f"{marker('words')} {new_code()}"
        await trial.network.say(words)
        said = await reception.message(words)
        await trial.network.say(code)
        typed = await reception.message(code)
    require(said.link_code is None, "words with a code in them are handed over as a code")
    require(find_code(said.text) is None, "words with a code in them came in as a code alone")
    require(
        find_code(typed.text) == code or typed.link_code == code,
        f"a message of the code alone came in as {typed.text!r}",
    )


async def check_deep_link_carries_the_code(trial: Trial) -> None:
    """`link_url` gives one whole address for each code, and none where nothing names us."""
    async with trial.opened() as connector:
        own_name = (await connector.check()).own_name
    kind, code = type(connector), new_code()
    require(kind.link_url("", code) is None, "link_url names us by nothing")
    url = kind.link_url(own_name, code) if own_name else None
    if url is None:
        raise Declined("this network has no address that carries a code")
    require(is_safe_url(url), f"{url!r} is no whole address")
    require(not url.startswith("http:"), "the code would travel in clear")
    require(code in unquote(url), "the code is not in the address")
    require(kind.link_url(own_name, code) == url, "one code has two addresses")


LINKING_CHECKS = (check_code_that_is_typed_comes_in_as_one, check_deep_link_carries_the_code)
