"""The migrations make exactly the schema that the code describes."""

from router.storage.engine import Database
from router.storage.migrate import migrate, newest_revision, schema_differences


async def test_migrated_schema_equals_the_tables_in_code(database_url: str) -> None:
    assert await schema_differences(database_url) == []


async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    assert await migrate(database_url) == (newest_revision(), newest_revision())


async def test_announced_facts_are_written_once_and_in_order(database: Database) -> None:
    from router.storage.unit_of_work import Fact

    woken: list[bool] = []
    database.on_announcement(lambda: woken.append(True))
    async with database.transaction() as work:
        work.announce(Fact.CASE_CHANGED, person=1, ref=2)
        work.announce(Fact.PERSON_CHANGED, person=1, ref=1)
        work.announce(Fact.CASE_CHANGED, person=1, ref=2)

    async with database.reading() as work:
        rows = await work.driver.fetch("select kind, ref from outbox order by id")
    assert [tuple(row) for row in rows] == [("case.changed", 2), ("person.changed", 1)]
    assert woken == [True]
