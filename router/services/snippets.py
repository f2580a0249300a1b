"""Canned replies: who may use and change which, and what their variables stand for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from core.ids import RowId
from core.messages import PUBLIC_KINDS
from core.people import standing_level
from core.rich_text import MAX_SPANS, Span
from router.services import audit
from router.services.errors import Forbidden, NotFound, Refused
from router.services.outbound import leveling
from router.services.outbound.formatting import checked
from router.services.shown.people import load_persons
from router.services.viewer import Viewer, find_conversation
from router.storage import cases, incidents, reach
from router.storage import snippets as stored
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

LINKED = 2
"""From this level on it is proven whose account at the host somebody speaks for."""

SnippetReach = Literal["personal", "team", "shared"]
Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
LanguageTag = Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}(-[A-Za-z]{2,8})?$")]


MAX_TEXT = 20_000


class SnippetText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT)]
    """`{{person.name}}` and the like stand for facts; what nobody knows, the agent fills in."""
    spans: Annotated[tuple[Span, ...], msgspec.Meta(max_length=MAX_SPANS)] = ()


class NewSnippet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reach: SnippetReach
    team_id: RowId | None = None
    """Of a team's."""
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    tags: Annotated[tuple[Tag, ...], msgspec.Meta(max_length=20)] = ()
    texts: Annotated[dict[LanguageTag, SnippetText], msgspec.Meta(min_length=1, max_length=20)]
    """By language."""


class Snippet(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    reach: SnippetReach
    team_id: int | None
    title: str
    tags: tuple[str, ...]
    texts: dict[str, SnippetText]
    changed_at: datetime
    may_change: bool


async def list_snippets(
    database: Database, viewer: Viewer, *, may_change_all: bool
) -> list[Snippet]:
    """All that the agent may use, by title."""
    async with database.reading() as work:
        rows = await stored.list_for(work, viewer.agent_id, sees_teams=may_change_all)
    return [
        _to_snippet(
            row, may_change=may_change_all or row["reach"] == "personal" or row["is_member"]
        )
        for row in rows
    ]


async def save_snippet(
    database: Database,
    viewer: Viewer,
    snippet_id: int | None,
    wanted: NewSnippet,
    *,
    actor: str,
    may_change_all: bool,
) -> Snippet:
    """A new one, or an old one changed. Raises NotFound, Forbidden, Refused."""
    title = wanted.title.strip()
    if not title:
        raise Refused("It needs a title.", code="empty", field="title")
    if (wanted.reach == "team") != (wanted.team_id is not None):
        raise Refused("A team's names its team.", field="team_id")
    async with database.transaction() as work:
        before = None if snippet_id is None else await _lock(work, viewer, snippet_id)
        if before is not None:
            await _check(work, viewer, before["reach"], before["team_id"], may_change_all)
        if wanted.team_id is not None and not await cases.team_exists(work, wanted.team_id):
            raise Refused("There is no such team.", code="unknown", field="team_id")
        await _check(work, viewer, wanted.reach, wanted.team_id, may_change_all)
        made = await stored.put_snippet(
            work,
            snippet_id,
            agent_id=viewer.agent_id,
            reach=wanted.reach,
            team_id=wanted.team_id,
            title=title,
            tags=sorted({tag.strip() for tag in wanted.tags if tag.strip()}),
            texts={language: _clean(one) for language, one in sorted(wanted.texts.items())},
        )
        if wanted.reach != "personal" or (before is not None and before["reach"] != "personal"):
            await audit.record(work, actor, "snippet.saved", f"snippets/{made}", {"title": title})
        row = await stored.lock_snippet(work, made)
        assert row is not None
        return _to_snippet(row, may_change=True)


async def drop_snippet(
    database: Database, viewer: Viewer, snippet_id: int, *, actor: str, may_change_all: bool
) -> None:
    """Raises NotFound, Forbidden."""
    async with database.transaction() as work:
        row = await _lock(work, viewer, snippet_id)
        await _check(work, viewer, row["reach"], row["team_id"], may_change_all)
        await stored.drop_snippet(work, snippet_id)
        if row["reach"] != "personal":
            facts = {"title": row["title"]}
            await audit.record(work, actor, "snippet.dropped", f"snippets/{snippet_id}", facts)


async def restore_snippet(
    database: Database, viewer: Viewer, snippet_id: int, *, actor: str, may_change_all: bool
) -> Snippet:
    """One that was dropped lately is there again, and rules that name it say it again. Raises
    NotFound, Forbidden.
    """
    async with database.transaction() as work:
        row = await _lock(work, viewer, snippet_id, is_dropped=True)
        await _check(work, viewer, row["reach"], row["team_id"], may_change_all)
        await stored.put_back(work, snippet_id)
        if row["reach"] != "personal":
            facts = {"title": row["title"]}
            await audit.record(work, actor, "snippet.restored", f"snippets/{snippet_id}", facts)
        return _to_snippet(row, may_change=True)


async def load_facts(
    database: Database,
    viewer: Viewer,
    author: str,
    person_id: int,
    place_id: int | None,
    case_id: int | None = None,
) -> dict[str, str]:
    """What variables stand for in an answer to this place, about this case if one is named. Facts
    of the person that were linked to them, and what their case is about, are told only to who is
    proven to be them, as well as the case needs, and never where others read along.

    Raises NotFound.
    """
    async with database.reading() as work:
        return await facts_within(work, viewer, author, person_id, place_id, case_id)


async def facts_within(
    work: UnitOfWork,
    viewer: Viewer,
    author: str,
    person_id: int,
    place_id: int | None,
    case_id: int | None = None,
) -> dict[str, str]:
    """The same as part of a transaction."""
    found = await find_conversation(work, viewer, person_id)
    person = (await load_persons(work, [found.root_id]))[found.root_id]
    places = await reach.places_of(work, found.root_id, found.hidden_cases)
    if case_id is None:
        seen = await cases.cases_of(work, found.root_id, viewer.sight.listed, 1)
    else:
        about = await cases.load_cases(work, [case_id])
        theirs = [one for one in about if one["root_id"] == found.root_id]
        seen = [one for one in theirs if one["access_class"] in viewer.sight.classes]
    place = next((one for one in places if one["place_id"] == place_id), None)
    subject = "" if place is None or not seen else await _subject(work, seen[-1], place)
    facts = {
        "agent.name": author,
        "agent.first_name": author.split()[0] if author.split() else "",
        "person.name": person.display_name,
        "person.first_name": person.display_name.split()[0] if person.display_name.split() else "",
        "case.number": str(seen[-1]["id"]) if seen else "",
    }
    if place is not None:
        facts["incident.text"] = await _of_incident(work, seen, place, person.language)
    if (
        place is not None
        and place["place_kind"] not in PUBLIC_KINDS
        and standing_level(place["level"], is_shared=place["is_shared"]) >= LINKED
    ):
        facts["case.subject"] = subject
        facts |= {f"person.{name}": str(value) for name, value in person.attributes.items()}
        if len(person.host_accounts) == 1:
            facts["person.account"] = person.host_accounts[0].account
    return {name: value for name, value in sorted(facts.items()) if value}


async def _of_incident(
    work: UnitOfWork, seen: list[Record], place: Record, language: str | None
) -> str:
    """What may be told of the incident of the newest of these cases that is in one. Empty where
    that case may not be talked of to whoever is there."""
    among = [one for one in seen if one["incident_id"]]
    if not among or not await _may_talk_of(work, among[-1], place):
        return ""
    told = await incidents.public_texts_of(work, among[-1]["incident_id"])
    return _in_language(told, language or "")


def _in_language(texts: Mapping[str, str], language: str) -> str:
    """Theirs, else its language without the region, else English, else the first; else empty."""
    for tag in (language, language.partition("-")[0], "en", *sorted(texts)):
        if tag in texts:
            return texts[tag]
    return ""


async def _subject(work: UnitOfWork, case: Record, place: Record) -> str:
    """Empty where the case may not be talked of to whoever is there."""
    return str(case["subject"]) if await _may_talk_of(work, case, place) else ""


async def _may_talk_of(work: UnitOfWork, case: Record, place: Record) -> bool:
    asked = [(place["place_id"], place["identity_id"])]
    [judged] = (await leveling.judge_words(work, case["id"], None, asked)).values()
    return judged.refusal is None


async def _lock(
    work: UnitOfWork, viewer: Viewer, snippet_id: int, *, is_dropped: bool = False
) -> Record:
    row = await stored.lock_snippet(work, snippet_id, is_dropped=is_dropped)
    if row is None or (row["reach"] == "personal" and row["agent_id"] != viewer.agent_id):
        raise NotFound(f"There is no canned reply {snippet_id}.")
    return row


async def _check(
    work: UnitOfWork, viewer: Viewer, where: str, team_id: int | None, may_change_all: bool
) -> None:
    if where == "personal" or may_change_all:
        return
    if team_id is None or not await stored.is_member(work, viewer.agent_id, team_id):
        raise Forbidden("Only who keeps canned replies for others may do this.")


def _clean(one: SnippetText) -> SnippetText:
    clean = checked(one.text, one.spans)
    if not clean.text:
        raise Refused("There is no text.", code="empty", field="texts")
    return SnippetText(text=clean.text, spans=tuple(clean.spans))


def _to_snippet(row: Record, *, may_change: bool) -> Snippet:
    texts: Mapping[str, object] = row["texts"]
    return Snippet(
        id=row["id"],
        reach=row["reach"],
        team_id=row["team_id"],
        title=row["title"],
        tags=tuple(row["tags"]),
        texts=msgspec.convert(texts, dict[str, SnippetText]),
        changed_at=row["changed_at"],
        may_change=may_change,
    )
