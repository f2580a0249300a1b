"""How often somebody is looked for among others, while they write on."""

from datetime import UTC, datetime
from unittest.mock import patch

from router.services.identity import suggestions
from router.storage import suggestions as stored
from tests.services.test_suggestions import Desk, chat
from tests.stage import Stage


async def test_whoever_writes_often_is_looked_for_once_an_hour_unless_their_name_changes(
    stage: Stage,
) -> None:
    desk = Desk(stage, await stage.agent())
    known = suggestions.Known()

    async def looked_for(text: str) -> bool:
        said = await desk.stage.says(chat("71", "Ana Lopez"), text)
        await desk.stage.run("update messages set received_at = $2 where id = $1", said, now)
        await desk.stage.relay()
        with patch.object(stored, "namesakes", wraps=stored.namesakes) as looked:
            while await suggestions.follow(desk.stage.database, known=known):
                pass
        return bool(looked.call_count)

    now = datetime.now(UTC)
    assert await looked_for("Hello?")
    assert not await looked_for("Anybody?")
    assert await looked_for("I am ana@example.com")
    await desk.stage.run("update persons set display_name = $1", "Ana Maria Lopez")
    assert await looked_for("Hello again")
    assert not await looked_for("Still there?")
    now += suggestions.KNOWN_FOR
    assert await looked_for("And now?")


async def test_whoever_is_known_is_still_found_by_who_comes_to_resemble_them(stage: Stage) -> None:
    desk = Desk(stage, await stage.agent())
    known = suggestions.Known()
    await desk.stage.says(chat("71", "Ana Lopez"), "Hello?")
    for handle in ("71", "72"):
        await desk.stage.says(chat(handle, "Ana Lopez"), "Anybody?")
        await desk.stage.relay()
        while await suggestions.follow(desk.stage.database, known=known):
            pass

    assert await desk.grounds() == [["name", "timing"]]
