"""Conditions as SQL, for somebody of one sight: what they don't see decides nothing and is not
counted.

Two modes: of a message `m` (its case `c`, its person `p`, their root `r`), or of a root `r` alone.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

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
from router.storage.search_entries import CONFIG
from router.storage.sight import Sight

_RUNS = "{0}.ended_at is null and {0}.due_at is not null and {1}.state <> 'solved'"
_RANK = "case k.state when 'open' then 0 when 'waiting' then 1 when 'snoozed' then 2 else 3 end"
_OPEN = frozenset({"open", "waiting", "snoozed"})


@dataclass(slots=True)
class Writer:
    """One statement in the making: its parameters as they are named."""

    sight: Sight
    agent_id: int
    of_messages: bool
    values: list[object] = field(default_factory=list)

    def value(self, value: object) -> str:
        """The placeholder of a value."""
        self.values.append(value)
        return f"${len(self.values)}"

    def seen(self, case: str) -> str:
        """Whether a row of `cases` (or none, after an outer join) is within the sight."""
        if self.sight.is_full:
            return "true"
        classes = self.value(self.sight.listed)
        return f"({case}.id is null or {case}.access_class = any({classes}::text[]))"

    def write(self, condition: Condition) -> str:
        match condition:
            case Every(parts):
                return f"({' and '.join(self.write(one) for one in parts) or 'true'})"
            case AnyOf(parts):
                return f"({' or '.join(self.write(one) for one in parts) or 'false'})"
            case Without(part):
                return f"(not coalesce({self.write(part)}, false))"
            case SaysWords(tsquery):
                return f"e.words @@ to_tsquery('{CONFIG}', {self.value(tsquery)}::text)"
            case WrittenBy(persons, agents):
                return self._written_by(persons, agents)
            case AddressedTo(persons, beginning):
                return self._addressed_to(persons, beginning)
            case Holds(kind):
                return self._holds(kind)
            case ReceivedBefore(moment):
                return f"m.received_at < {self.value(moment)}::timestamptz"
            case ReceivedAfter(moment):
                return f"m.received_at >= {self.value(moment)}::timestamptz"
            case OfPersons(roots):
                return f"r.id = any({self.value(list(roots))}::bigint[])"
            case OverAccounts(accounts):
                return self._over(accounts)
            case InLanguage(tag):
                spoken = "coalesce(m.language, r.language)" if self.of_messages else "r.language"
                return f"starts_with(lower({spoken}), {self.value(tag.lower())}::text)"
            case InCase(case):
                return self._in_case(case)
            case InIncident(incident):
                return self._in_incident(incident)
            case IsInNoIncident():
                own = "c.incident_id" if self.of_messages else self._leading("incident_id")
                return f"{own} is null"
            case InState(states):
                return self.in_state(states)
            case OwnedBy(agent):
                return self._of_leading("owner_id", agent)
            case InTeam(team):
                return self._of_leading("team_id", team)
            case HasPriority(priority):
                return f"{self.priority()} = {priority:d}"
            case HasLabel(label):
                return self._has_label(label)
            case HasTopic(topics):
                return self._has_topic(topics)
            case HasField(of, value):
                return self._has_field(of, value)
            case IsUnread():
                return self._unread()
            case NamesAgent(only_news):
                return self._names_agent(only_news)
            case IsWatched():
                return f"""r.id in (
                    select q.root_id from watches w join persons q on q.id = w.person_id
                    where w.agent_id = {self.value(self.agent_id)}::bigint)"""
            case Owes(how, at):
                return self._owes(how, at)
            case HasTrouble():
                return f"""r.id in (
                    select q.root_id from deliveries d join persons q on q.id = d.person_id
                    join messages dm on dm.id = d.message_id left join cases k on k.id = dm.case_id
                    where d.state in ('failed', 'unknown') and {self.seen("k")})"""
            case _:
                assert_never(condition)

    def _written_by(self, persons: tuple[int, ...], agents: tuple[int, ...]) -> str:
        return f"""((m.direction = 'in' and r.id = any({self.value(list(persons))}::bigint[]))
            or m.agent_id = any({self.value(list(agents))}::bigint[]))"""

    def _addressed_to(self, persons: tuple[int, ...], beginning: str) -> str:
        return f"""(m.direction = 'out' and (r.id = any({self.value(list(persons))}::bigint[])
            or m.id in (select d.message_id from deliveries d where d.message_id = m.id
                and starts_with(lower(d.copy_to), {self.value(beginning.lower())}::text))))"""

    def _holds(self, kind: str) -> str:
        match kind:
            case "file":
                return "m.id in (select message_id from attachments where message_id = m.id)"
            case "note":
                return "m.direction = 'note'"
            case _:
                return "m.text ~* 'https?://'"

    def _over(self, accounts: tuple[int, ...]) -> str:
        given = self.value(list(accounts))
        if self.of_messages:
            return f"m.account_id = any({given}::bigint[])"
        return f"""(select true from persons q join identities i on i.home_person_id = q.id
            join messages x on x.identity_id = i.id left join cases k on k.id = x.case_id
            where q.root_id = r.id and x.account_id = any({given}::bigint[]) and {self.seen("k")}
            limit 1) is not null"""

    def _in_case(self, case: int) -> str:
        if self.of_messages:
            return f"m.case_id = {self.value(case)}::bigint"
        return f"""r.id in (select q.root_id from cases k join persons q on q.id = k.person_id
            where k.id = {self.value(case)}::bigint and {self.seen("k")})"""

    def _in_incident(self, incident: int | None) -> str:
        wanted = "i.state <> 'resolved'"
        if incident is not None:
            wanted = f"i.id = {self.value(incident)}::bigint"
        among = f"(select i.id from incidents i where {wanted})"
        if self.of_messages:
            return f"c.incident_id in {among}"
        return f"""(r.id in (select q.root_id from incidents i
            join cases k on k.incident_id = i.id join persons q on q.id = k.person_id
            where {wanted}) and {self._leading("incident_id")} in {among})"""

    def priority(self) -> str:
        """The highest of a root's cases that are not solved; without one it is normal."""
        return f"""coalesce((select min(k.priority) from cases k
            join persons q on q.id = k.person_id where q.root_id = r.id
            and k.state <> 'solved' and {self.seen("k")}), 3)"""

    def in_state(self, states: tuple[str, ...]) -> str:
        is_open = _OPEN.issuperset(states)
        known = "r.open_cases > 0 and " if is_open else ""
        leading = self._leading("state")
        return f"({known}coalesce({leading}, 'solved') = any({self.value(list(states))}::text[]))"

    def _of_leading(self, column: str, wanted: int | None) -> str:
        leading = self._leading(column)
        if wanted is None:
            return f"{leading} is null"
        given = f"{self.value(wanted)}::bigint"
        return f"""(r.id in (select q.root_id from cases k join persons q on q.id = k.person_id
            where k.{column} = {given}) and {leading} = {given})"""

    def _leading(self, column: str) -> str:
        """Of the case that speaks for the conversation, as `shown.rows.leading_case` has it."""
        return f"""(select k.{column} from cases k join persons q on q.id = k.person_id
            where q.root_id = r.id and {self.seen("k")}
            order by {_RANK}, k.last_message_id desc, k.id desc limit 1)"""

    def _owes(self, how: str, at: datetime) -> str:
        now = f"{self.value(at)}::timestamptz"
        is_so = f"d.due_at <= {now}"
        near = ""
        if how == "due":
            is_so = f"d.due_at > {now}"
            near = f"""join deadline_alarms a on a.case_id = d.case_id and a.target = d.target
                and a.ref = d.ref and a.mark = 0 and a.at <= {now}"""
        return f"""r.id in (select q.root_id from deadlines d {near}
            join cases k on k.id = d.case_id join persons q on q.id = k.person_id
            where d.ended_at is null and {is_so} and {self.seen("k")})"""

    def owed(self) -> tuple[str, str]:
        """Roots `r` with what runs in their cases, `o`, one row each, and what is so of it."""
        joined = """deadlines o join cases oc on oc.id = o.case_id
            join persons op on op.id = oc.person_id join persons r on r.id = op.root_id"""
        return joined, f"{_RUNS.format('o', 'oc')} and {self.seen('oc')}"

    def is_owed_first(self) -> str:
        """`o` is due before all else of `r`: asked of the cases of one conversation."""
        # `is not null`: the planner takes that to be nearly always so, and an `=` never.
        return f"""(select true from (
                select d.id from persons q join cases k on k.person_id = q.id
                join deadlines d on d.case_id = k.id
                where q.root_id = r.id and {_RUNS.format("d", "k")} and {self.seen("k")}
                order by d.due_at, d.id limit 1
            ) one where one.id = o.id) is not null"""

    def _has_label(self, label: int | None) -> str:
        ids = "c.label_ids" if self.of_messages else self._leading("label_ids")
        if label is None:
            known = "array(select id from labels where dropped_at is null)"
            return f"coalesce(not {ids} && {known}, true)"
        given = f"array[{self.value(label)}::bigint]"
        if self.of_messages:
            return f"{ids} @> {given}"
        return f"""(r.id in (select q.root_id from cases k join persons q on q.id = k.person_id
            where k.label_ids <> '{{}}'::bigint[] and k.label_ids @> {given})
            and {ids} @> {given})"""

    def _has_topic(self, topics: tuple[int, ...]) -> str:
        leading = "c.topic_id" if self.of_messages else self._leading("topic_id")
        if not topics:
            return f"{leading} is null"
        given = f"any({self.value(list(topics))}::bigint[])"
        if self.of_messages:
            return f"{leading} = {given}"
        return f"""(r.id in (select q.root_id from cases k join persons q on q.id = k.person_id
            where k.topic_id = {given}) and {leading} = {given})"""

    def _has_field(self, of: int, value: str | None) -> str:
        leading = "c.id" if self.of_messages else self._leading("id")
        is_so = f"v.field_id = {self.value(of)}::bigint"
        if value is not None:
            is_so += f" and lower(v.value) = lower({self.value(value)}::text)"
        found = f"{leading} in (select v.case_id from case_field_values v where {is_so})"
        if self.of_messages:
            return found
        return f"""(r.id in (select q.root_id from case_field_values v
            join cases k on k.id = v.case_id join persons q on q.id = k.person_id
            where {is_so}) and {found})"""

    def _names_agent(self, only_news: bool) -> str:
        news = "and n.seen_at is null" if only_news else ""
        return f"""r.id in (select q.root_id from mentions n join persons q on q.id = n.person_id
            join messages x on x.id = n.message_id left join cases k on k.id = x.case_id
            where n.agent_id = {self.value(self.agent_id)}::bigint {news} and {self.seen("k")})"""

    def _unread(self) -> str:
        """Newer than any mark of the agent's came in, as far as it is seen."""
        mark = f"""coalesce((select max(a.message_id) from read_marks a
            join persons q on q.id = a.person_id
            where q.root_id = r.id and a.agent_id = {self.value(self.agent_id)}::bigint), 0)"""
        newer = f"r.last_inbound_id > {mark}"
        if self.sight.is_full:
            return newer
        return f"""({newer} and (select true from persons q join messages x on x.person_id = q.id
            left join cases k on k.id = x.case_id
            where q.root_id = r.id and x.id > {mark} and x.direction = 'in' and {self.seen("k")}
            limit 1) is not null)"""
