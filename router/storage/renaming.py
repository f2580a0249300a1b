"""What names a label or a topic by its number or its name, so that it can follow it."""

from collections.abc import Callable
from typing import Any

import msgspec

from router.storage import rules
from router.storage.records import fetch
from router.storage.unit_of_work import UnitOfWork

Change = Callable[[dict[str, Any]], dict[str, Any]]
"""Of one condition or action, as it is kept: what it is then."""


async def hold_rules(work: UnitOfWork) -> None:
    """No rule runs before the commit. Before any label or topic is held: rules ask for these."""
    await work.driver.execute("select from rules where dropped_at is null order by id for update")


async def change_rules(
    work: UnitOfWork, agent_id: int, change: Change
) -> tuple[list[int], list[int]]:
    """Rules that say something else then have a next version, of the same author, who sees as much
    as before; macros are changed as they are. Which rules, and which macros. Under `hold_rules`.

    `agent_id`: whoever renames.
    """
    named: tuple[list[int], list[int]] = [], []
    for row in await rules.list_rules(work):
        definition = changed(row.definition, change)
        if definition != row.definition:
            named[0].append(row.id)
            await rules.insert_version(
                work,
                row.id,
                definition=definition,
                classes=row.classes,
                agent_id=row.agent_id,
                renamed_by=agent_id,
            )
    for macro in await fetch(
        work, "select id, actions from macros where dropped_at is null order by id for update"
    ):
        actions = changed(macro["actions"], change)
        if actions != macro["actions"]:
            named[1].append(macro["id"])
            await work.driver.execute(
                "update macros set actions = $2::jsonb, changed_at = $3, renamed_by = $4"
                " where id = $1",
                macro["id"],
                msgspec.json.encode(actions).decode(),
                work.now(),
                agent_id,
            )
    if any(named):
        rules.announce(work)
    return named


async def note_topic(work: UnitOfWork, topic_id: int, name: str) -> None:
    """Versions of rules so far, and macros that were dropped, keep from then on which topic it was
    that they call so, unless they do. Before it is renamed or archived, and under `lock_tree`.
    """
    # Who names nothing of it but has the words elsewhere keeps it too, and never asks.
    written = msgspec.json.encode(name.lower()).decode()[1:-1]
    for table, said, kept in (
        ("rule_versions", "definition", ""),
        ("macros", "actions", "and dropped_at is not null"),
    ):
        await work.driver.execute(
            f"update {table} set topic_ids = topic_ids || jsonb_build_object($1::text, $2::bigint)"
            f" where not topic_ids ? $1 and position($3 in lower({said}::text)) > 0 {kept}",
            name.casefold(),
            topic_id,
            written,
        )


async def change_views(work: UnitOfWork, agent_id: int, change: Callable[[str], str]) -> int:
    """Of saved views, whoever keeps them. How many ask for something else then, as this agent
    renamed what they ask for.
    """
    count = 0
    for row in await fetch(work, "select id, query from saved_views order by id for update"):
        query = change(row["query"])
        if query != row["query"]:
            count += 1
            await work.driver.execute(
                "update saved_views set query = $2, changed_by = $3, changed_at = $4,"
                " is_followed = true where id = $1",
                row["id"],
                query,
                agent_id,
                work.now(),
            )
    return count


async def list_naming(work: UnitOfWork, names: Callable[[dict[str, Any]], bool]) -> list[str]:
    """What rules, and macros for more than one agent, are called that have such a condition or
    action."""
    macros = await fetch(
        work,
        """select name, actions from macros
        where dropped_at is null and reach <> 'personal' order by name, id""",
    )
    saying = [(row.name, row.definition) for row in await rules.list_rules(work)]
    saying += [(row["name"], row["actions"]) for row in macros]
    return [name for name, said in saying if _has(said, names)]


def _has(value: Any, names: Callable[[dict[str, Any]], bool]) -> bool:
    match value:
        case dict():
            return names(value) or any(_has(one, names) for one in value.values())
        case list():
            return any(_has(one, names) for one in value)
        case _:
            return False


def changed(value: Any, change: Change) -> Any:
    """With each condition and action that is in it changed, the innermost first."""
    match value:
        case dict():
            return change({name: changed(one, change) for name, one in value.items()})
        case list():
            return [changed(one, change) for one in value]
        case _:
            return value
