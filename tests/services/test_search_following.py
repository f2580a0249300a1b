"""How search entries follow the outbox: whatever is said, however much, whatever was dropped."""

from core.search_words import words_of
from router.runtime.search_follower import SearchFollower
from router.services.search import following
from router.storage import search_entries as stored
from tests.services.test_search import enter, messages
from tests.stage import Stage

IDEOGRAPHS = 20_011
"""A prime number of them."""


def _of_many_words() -> str:
    """120,000 characters and as many different bigrams, of six bytes each: in PostgreSQL more
    than the megabyte that it takes.
    """
    return "".join(
        chr(0x4E00 + at * step % IDEOGRAPHS) for step in range(1, 7) for at in range(IDEOGRAPHS)
    )


async def test_a_message_of_very_many_words_is_found_by_its_first_and_stops_nobody(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    long = await stage.says("ana", "x")
    text = f"refund {_of_many_words()}"
    await stage.run("update messages set text = $2 where id = $1", long, text)
    short = await stage.says("ben", "refund")
    await enter(stage)

    assert await messages(stage, bo, "refund") == {long, short}


async def test_words_that_postgresql_refuses_cost_the_others_nothing(stage: Stage) -> None:
    said = [await stage.says(who) for who in ("ana", "ben", "eve")]
    await enter(stage)
    many = " ".join(words_of(_of_many_words()))
    async with stage.database.transaction() as work:
        refused = await stored.put(work, {said[0]: "first", said[1]: many, said[2]: "last"})

    assert refused == [said[1]]
    entered = await stage.value(
        "select array_agg(message_id order by message_id) from search_entries"
    )
    assert entered == [said[0], said[2]]


async def test_a_batch_ends_with_the_last_message_that_fits(stage: Stage) -> None:
    bo = await stage.agent()
    said = [await stage.says(f"p{number}", f"refund {number} {'x' * 80}") for number in range(4)]
    await stage.relay()
    sizes: list[int] = []

    while (changes := await following.follow(stage.database, room=200)).count:
        sizes.append(len(changes.message_ids))
        assert changes.is_behind or sum(sizes) == 4

    assert sizes == [2, 2]
    assert await messages(stage, bo, "refund") == set(said)
    await stage.run("delete from search_entries")
    await stage.run("update followers set position = $1 where name = 'search_history'", said[-1])
    assert await following.catch_up(stage.database, room=10)
    assert await messages(stage, bo, "refund") == {said[-1]}


class _Leases:
    """What a round does not ask."""


async def test_what_was_dropped_unread_becomes_the_past_again(stage: Stage) -> None:
    bo = await stage.agent()
    gone = await stage.says("ana", "refund gone")
    edited = await stage.says("ana", "refund edited")
    await enter(stage)
    follower = SearchFollower(stage.database, _Leases())  # type: ignore[arg-type]  # not asked
    while await follower.round():
        pass
    missed = await stage.says("ben", "refund missed")
    await stage.run("update messages set deleted_at = now(), text = '' where id = $1", gone)
    await stage.run("update messages set text = 'thoughts' where id = $1", edited)
    newest = await stage.relay()
    await stage.run("delete from outbox")
    await stage.run("update relay_state set trimmed = $1 where name = 'outbox'", newest)

    while await follower.round():
        pass

    assert await messages(stage, bo, "refund") == {missed}
    assert await messages(stage, bo, "thoughts") == {edited}
    entered = await stage.value(
        "select array_agg(message_id order by message_id) from search_entries"
    )
    assert entered == [edited, missed]
