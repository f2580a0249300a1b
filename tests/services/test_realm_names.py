"""What a realm is called that holds for one site."""

from router.services.shown.people import load_persons
from tests.services.builders import make_account, received, sender, signed_sender
from tests.stage import Stage


async def _names(stage: Stage, message: int) -> dict[str, str]:
    person = await stage.person_of(message)
    async with stage.database.reading() as work:
        shown = (await load_persons(work, [person]))[person]
    return {one.realm: one.realm_name for one in shown.identities}


async def test_realm_of_a_site_is_named_after_the_account_that_heard_it_first(
    stage: Stage,
) -> None:
    site = await make_account(stage.database, channel="site", label="Harbor shop")
    [message] = await stage.accept(received(sender("v1", realm="web:harbor.example")), account=site)

    assert await _names(stage, message) == {"web:harbor.example": "Harbor shop"}


async def test_realm_of_a_site_where_they_never_wrote_is_named_after_the_site(
    stage: Stage,
) -> None:
    message = await stage.says(signed_sender("s1", host="41"))
    await stage.run("update messages set identity_id = null where id = $1", message)

    assert (await _names(stage, message))["web:shop"] == "shop"


async def test_realm_of_a_whole_channel_has_no_other_name(stage: Stage) -> None:
    message = await stage.says("ana")

    assert await _names(stage, message) == {"sample": ""}
