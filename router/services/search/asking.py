"""A query as a condition: its names looked up, its days made moments, its words made lexemes."""

from datetime import UTC, date, datetime, time, timedelta

from core.case_fields import BadValue, written
from core.queries import parse
from core.query_terms import (
    PRIORITIES,
    Asked,
    Both,
    Either,
    Not,
    Operator,
    Query,
    QueryRefused,
    Said,
    Spot,
)
from core.search_words import words_asked
from router.storage import (
    case_fields,
    labels,
    persons,
    profiles,
    query_names,
    search_entries,
    topics,
)
from router.storage.conditions import (
    AddressedTo,
    AnyOf,
    Condition,
    Every,
    HasField,
    HasLabel,
    HasPriority,
    HasTopic,
    HasTrouble,
    Holds,
    InCase,
    InIncident,
    InLanguage,
    InState,
    InTeam,
    IsInNoIncident,
    IsUnread,
    IsWatched,
    NamesAgent,
    OfPersons,
    OverAccounts,
    Owes,
    OwnedBy,
    ReceivedAfter,
    ReceivedBefore,
    SaysWords,
    Without,
    WrittenBy,
)
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

MOST_PERSONS = 200
"""Whose name or address begins as it was written, or has it within where nobody's begins so."""
ACTIVE = ("open", "waiting")
_AGES = {"h": 1, "d": 24, "w": 168, "m": 24 * 30, "y": 24 * 365}


async def to_condition(work: UnitOfWork, agent_id: int, text: str) -> Condition:
    """What the query asks for when this agent asks it. Raises QueryRefused."""
    return await _Asker(work, agent_id).read(parse(text))


class _Asker:
    def __init__(self, work: UnitOfWork, agent_id: int) -> None:
        self._work, self._agent_id = work, agent_id

    async def read(self, query: Query) -> Condition:
        match query:
            case Said():
                return await self._said(query)
            case Asked():
                return await self._asked(query)
            case Not(part):
                return Without(await self.read(part))
            case Both(parts):
                return await self._both(parts)
            case Either(parts):
                return AnyOf(tuple([await self.read(part) for part in parts]))

    async def _both(self, parts: tuple[Query, ...]) -> Condition:
        """Words that are in nearly every text are passed over beside others."""
        found: list[Condition] = []
        refused: QueryRefused | None = None
        for part in parts:
            try:
                found.append(await self.read(part))
            except QueryRefused as error:
                if error.fault != "too_common":
                    raise
                refused = error
        if refused is not None and not found:
            raise refused
        return Every(tuple(found))

    async def _said(self, said: Said) -> Condition:
        words = words_asked(said.text)
        if not words:
            return Every(())
        known = await search_entries.lexemes(self._work, words)
        if not known:
            sentence = f"“{said.text}” is in too many messages to be searched for."
            raise QueryRefused("too_common", sentence, said)
        return SaysWords(_tsquery(words, is_open=said.is_prefix))

    async def _asked(self, asked: Asked) -> Condition:
        match asked.operator:
            case Operator.FROM:
                return await self._from(asked.value)
            case Operator.TO:
                return AddressedTo(await self._persons(asked.value), asked.value)
            case Operator.PERSON:
                return OfPersons(await self._persons(asked.value))
            case Operator.CHANNEL | Operator.ACCOUNT:
                return OverAccounts(await self._accounts(asked))
            case Operator.ASSIGNEE:
                return OwnedBy(await self._agent(asked))
            case Operator.TEAM:
                return InTeam(await self._team(asked))
            case Operator.LABEL:
                return HasLabel(await self._label(asked))
            case Operator.TOPIC:
                return HasTopic(await self._topics(asked))
            case Operator.FIELD:
                return await self._field(asked)
            case Operator.IS:
                return _state(asked.value)
            case Operator.HAS:
                return Holds(asked.value)
            case Operator.BEFORE:
                return ReceivedBefore(self._moment(asked))
            case Operator.AFTER:
                return ReceivedAfter(self._moment(asked))
            case Operator.PRIORITY:
                return HasPriority(PRIORITIES[asked.value])
            case Operator.LANG:
                return InLanguage(asked.value)
            case Operator.SLA:
                return Owes(asked.value, self._work.now())
            case Operator.CASE:
                return InCase(int(asked.value.lstrip("#")))
            case Operator.INCIDENT:
                return _incident(asked.value.lower())

    async def _persons(self, value: str) -> tuple[int, ...]:
        if value.startswith("#") and value[1:].isdecimal() and len(value) < 19:
            person = int(value[1:])
            return tuple((await persons.roots_of(self._work, [person])).values())
        found = await profiles.find_by_name(self._work, value, MOST_PERSONS)
        begun = tuple(one.root_id for one in found if not one.is_by_part)
        return begun or tuple(one.root_id for one in found)

    async def _from(self, value: str) -> Condition:
        if value.lower() == "me":
            return WrittenBy((), (self._agent_id,))
        agents = await query_names.agents(self._work)
        return WrittenBy(
            await self._persons(value), tuple(one["id"] for one in agents if _begins(one, value))
        )

    async def _accounts(self, asked: Asked) -> tuple[int, ...]:
        known = await query_names.accounts(self._work)
        wanted = asked.value.casefold()
        if asked.operator is Operator.CHANNEL:
            found = [one["id"] for one in known if one["channel"].casefold() == wanted]
            names = {one["channel"] for one in known}
        else:
            found = [
                one["id"]
                for one in known
                if one["label"].casefold().startswith(wanted) or wanted == f"#{one['id']}"
            ]
            names = {one["label"] for one in known}
        if not found:
            raise _no_such(asked, sorted(names))
        return tuple(found)

    async def _agent(self, asked: Asked) -> int | None:
        match asked.value.lower():
            case "none":
                return None
            case "me":
                return self._agent_id
        known = await query_names.agents(self._work)
        found = [one for one in known if f"#{one['id']}" == asked.value] or [
            one for one in known if _begins(one, asked.value)
        ]
        if not found:
            raise _no_such(asked, ["me", "none", *(one["name"] for one in known)])
        if len(found) > 1:
            exact = [one for one in found if one["name"].casefold() == asked.value.casefold()]
            found = exact if len(exact) == 1 else found
        if len(found) > 1:
            names = ", ".join(f"{one['name']} (#{one['id']})" for one in found[:5])
            raise QueryRefused("no_such", f"Which of them: {names}?", _value_spot(asked))
        return int(found[0]["id"])

    async def _team(self, asked: Asked) -> int | None:
        if asked.value.lower() == "none":
            return None
        wanted = asked.value.casefold()
        known = await query_names.teams(self._work)
        for one in known:
            if one["name"].casefold() == wanted or f"#{one['id']}" == wanted:
                return int(one["id"])
        raise _no_such(asked, ["none", *(one["name"] for one in known)])

    async def _label(self, asked: Asked) -> int | None:
        if asked.value.lower() == "none":
            return None
        wanted = asked.value.casefold()
        known = await labels.list_labels(self._work)
        for one in known:
            if one.name.casefold() == wanted or f"#{one.id}" == wanted:
                return one.id
        raise _no_such(asked, ["none", *(one.name for one in known)])

    async def _topics(self, asked: Asked) -> tuple[int, ...]:
        """With those below it: also ones that nobody chooses any more. Whose own name it is comes
        before whoever is called so in another language.
        """
        if asked.value.lower() == "none":
            return ()
        wanted = asked.value.casefold()
        known = await topics.list_topics(self._work, with_archived=True)
        top = min(
            (one for one in known if wanted in one.called or wanted == f"#{one.id}"),
            key=lambda one: (one.is_archived, one.name.casefold() != wanted),
            default=None,
        )
        if top is None:
            raise _no_such(asked, ["none", *(one.name for one in known if not one.is_archived)])
        return tuple(sorted(one.id for one in known if top.id in one.path))

    async def _field(self, asked: Asked) -> Condition:
        """`name=value`, or a name alone: anything stands in it. A choice that is none any more is
        what cases have of it still.
        """
        name, is_value, said = (one.strip() for one in asked.value.partition("="))
        known = await case_fields.list_seen(self._work, self._agent_id)
        found = next((one for one in known if one.name.casefold() == name.casefold()), None)
        if found is None:
            raise _no_such(asked, [one.name for one in known])
        if not is_value:
            return HasField(found.id, None)
        if said.lower() in ("", "none"):
            return Without(HasField(found.id, None))
        try:
            choices = (*found.choices, *found.retired_choices)
            return HasField(found.id, written(found.kind, choices, said))
        except BadValue as error:
            sentence = f"{found.name}: {error}"
            raise QueryRefused("unknown_value", sentence, _value_spot(asked)) from error

    def _moment(self, asked: Asked) -> datetime:
        """Days begin at midnight UTC; an age is counted from now."""
        now = self._work.now()
        if asked.day is not None:
            return _midnight(asked.day)
        if asked.value == "today":
            return _midnight(now.date())
        if asked.value == "yesterday":
            return _midnight(now.date() - timedelta(days=1))
        hours = int(asked.value[:-1]) * _AGES[asked.value[-1]]
        return max(now - timedelta(hours=hours), _FIRST)


_FIRST = datetime(2, 1, 1, tzinfo=UTC)


def _midnight(day: date) -> datetime:
    return max(datetime.combine(day, time(), UTC), _FIRST)


def _begins(row: Record, value: str) -> bool:
    names: tuple[str, ...] = (row["name"], row["email"])
    return any(name.casefold().startswith(value.casefold()) for name in names)


def _state(value: str) -> Condition:
    match value:
        case "open":
            return InState(ACTIVE)
        case "unread":
            return IsUnread()
        case "unassigned":
            return Every((InState(ACTIVE), OwnedBy(None)))
        case "failed":
            return HasTrouble()
        case "mention":
            return NamesAgent()
        case "watched":
            return IsWatched()
        case _:
            return InState((value,))


def _incident(value: str) -> Condition:
    match value:
        case "open":
            return InIncident(None)
        case "none":
            return IsInNoIncident()
        case _:
            return InIncident(int(value.lstrip("#")))


def _tsquery(words: list[str], *, is_open: bool) -> str:
    """The words beside each other, as `to_tsquery` reads them: they are letters and digits."""
    written = [f"'{word}'" for word in words]
    if is_open or (len(words) == 1 and _is_one_ideograph(words[0])):
        written[-1] += ":*"
    return " <-> ".join(written)


def _is_one_ideograph(word: str) -> bool:
    return len(word) == 1 and word > "\u2e7f"


def _value_spot(asked: Asked) -> Spot:
    return Spot(at=asked.at, length=asked.length)


def _no_such(asked: Asked, names: list[str]) -> QueryRefused:
    listed = ", ".join(names[:8]) or "none yet"
    sentence = f"There is no {asked.operator} “{asked.value}”. There are: {listed}."
    return QueryRefused("no_such", sentence, _value_spot(asked))
