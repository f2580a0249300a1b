"""Each test has a PostgreSQL database of its own."""

from __future__ import annotations

import asyncpg
import pytest

from tests.databases import SETTINGS


@pytest.mark.parametrize("turn", [1, 2])
async def test_empty_database_holds_nothing_from_another_test(
    empty_database_url: str, turn: int
) -> None:
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute("create table only_mine (turn integer)")
        assert await connection.fetchval("select count(*) from only_mine") == 0
    finally:
        await connection.close()


async def test_chinese_has_trigrams(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute("create extension pg_trgm")
        assert await connection.fetchval("select array_length(show_trgm('提现'), 1)") == 3
    finally:
        await connection.close()


async def test_there_is_room_for_what_all_workers_do_at_once(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    try:
        found = {name: await connection.fetchval(f"show {name}") for name in SETTINGS}
    finally:
        await connection.close()
    assert found == {name: str(value) for name, value in SETTINGS.items()}
