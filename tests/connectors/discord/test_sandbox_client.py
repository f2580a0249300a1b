"""discord.py itself lives on the sandbox as on the real network."""

from __future__ import annotations

from tests.connectors.discord.sandbox_client import listening, served


async def test_dm_goes_both_ways() -> None:
    async with served() as server:
        ann = server.person("Ann")
        async with listening(server) as client:
            await ann.writes_dm("hello")
            received = await client.message("hello")
            assert received.guild is None
            assert received.author.id == ann.id
            answer = await received.channel.send("good day")
            assert (await client.message("good day")).id == answer.id
        assert [one.content for one in server.said_by_bot(ann)] == ["good day"]
