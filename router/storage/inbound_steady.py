"""The path in for what comes most: plain messages of people whom we know, in one statement.

What `inbound` and `inbound_details` do in six round trips, for messages that open nothing: the
identity, the place and an open case are there, and nobody else is changing them. PostgreSQL looks
and writes with one snapshot here, so whatever the snapshot may be wrong about is checked again on
the rows as they are under their locks, and the statement fails as a whole when it was. Whoever
opens a case, merges or splits writes the rows of the persons who stood and who will stand for all:
`version` tells.

The long way notes first that senders were seen and locks persons then. Here it is the other way
round, so that an identity which somebody else holds is left to them: waiting would be a deadlock.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from router.storage.identities import SEEN_EVERY
from router.storage.inbound import DedupKey
from router.storage.records import Record
from router.storage.unit_of_work import NUMBERED, Fact, UnitOfWork, announce_statement


class PlainMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message with its sender and place by their keys, one network id and its source."""

    realm: str
    handle: str
    shown_as: str
    """Empty: the network told no name."""
    proven: int
    """The level of the identity that the sender's evidence gives."""
    host_account: str | None
    account_id: int
    remote_place: str
    place_title: str
    place_parent: str | None
    remote_id: str
    author_name: str
    own_level: int
    """What the message itself proves."""
    subject: str
    text: str
    full_text: str | None
    html: str | None
    language: str | None
    context: str
    warnings: str
    participants: str
    dedup_key: str
    sent_at: datetime | None
    media_type: str | None
    raw: bytes | None


async def store_steady(work: UnitOfWork, said: Sequence[PlainMessage]) -> dict[DedupKey, int]:
    """Ids of the messages, all stored in the order given; or none, with nothing written.

    None: something is new, closed, merged, or here already. Raises StatementRefused, with nothing
    written, also when another transaction changed what this one looked at.
    """
    return noted(work, await work.driver.fetch(STATEMENT, *values_of(work, said)))


def values_of(work: UnitOfWork, said: Sequence[PlainMessage]) -> list[object]:
    """The PARAMETERS of STATEMENT."""
    columns = ([getattr(one, name) for one in said] for name in PlainMessage.__struct_fields__)
    return [*columns, work.now(), SEEN_EVERY, work.fence]


def noted(work: UnitOfWork, rows: Sequence[Record]) -> dict[DedupKey, int]:
    """What STATEMENT gave, with its facts noted in the unit of work."""
    if rows:
        work.has_announced = True
        work.numbered = rows[0]["numbered"]
    return {(row["account_id"], row["dedup_key"]): row["id"] for row in rows}


_TYPES = {
    int: "bigint",
    str: "text",
    str | None: "text",
    datetime | None: "timestamptz",
    bytes | None: "bytea",
}
_JSON = frozenset({"context", "warnings", "participants"})
_FIELDS = PlainMessage.__struct_fields__
_ARRAYS = ", ".join(
    f"${number}::{'jsonb' if name in _JSON else _TYPES[PlainMessage.__annotations__[name]]}[]"
    for number, name in enumerate(_FIELDS, 1)
)
PARAMETERS = len(_FIELDS) + 3
_NOW, _SEEN_EVERY, _FENCE = (f"${len(_FIELDS) + number}" for number in (1, 2, 3))
_COUNT = "cardinality($1::text[])"
"""Of the messages: a parameter is there, rows would be counted."""

_TOLD = announce_statement(
    "select kind, person_id, ref, ord from facts",
    at=_NOW,
    fence=_FENCE,
    once="(select count(*) from stored) > 0",
)
_WRITTEN = f"""
with said as materialized (
    select * from unnest({_ARRAYS}) with ordinality u({", ".join(_FIELDS)}, ord)
), known as materialized (
    select s.ord, i.id as identity_id, i.home_person_id as person_id, p.id as root_id,
           l.id as place_id, p.ctid as version, newest.id as case_id,
           case when s.own_level = 0 then 0 else least(greatest(s.own_level, i.level),
               case when i.is_shared then 1 else 2 end) end as level
    from said s
    join identities i on i.realm = s.realm and i.handle = s.handle and i.level >= s.proven
        and s.shown_as in ('', i.shown_as)
        and i.host_account is not distinct from coalesce(s.host_account, i.host_account)
        and coalesce(i.stepped_up_until <= {_NOW}::timestamptz, true) and i.is_reachable
    join places l on l.account_id = s.account_id and l.remote_place = s.remote_place
        and s.place_title in ('', l.title) and l.is_reachable and not l.is_pinned
        and (s.place_parent is null or s.place_parent = l.parent)
    join persons home on home.id = i.home_person_id
    join persons p on p.id = home.root_id and p.root_id = p.id
    cross join lateral (
        select c.id, c.state from persons m join cases c on c.person_id = m.id
        where m.root_id = p.id order by c.state = 'solved', c.id desc limit 1
    ) newest
    where newest.state = 'open' and not exists (
        select from messages m where m.account_id = s.account_id and m.dedup_key = s.dedup_key)
), locked as materialized (
    select id, ctid as version from persons
    where id = any(array(select root_id from known)) and root_id = id
      and (select count(*) from known) = {_COUNT}
    order by id for no key update
), stored as (
    insert into messages (person_id, case_id, place_id, account_id, direction, nature,
        identity_id, author_name, level, subject, text, full_text, html, language, context,
        warnings, participants, dedup_key, state, sent_at, received_at)
    select k.person_id, k.case_id, k.place_id, s.account_id, 'in', 'human', k.identity_id,
        s.author_name, k.level, s.subject, s.text, s.full_text, s.html, s.language, s.context,
        s.warnings, s.participants, s.dedup_key, 'shown', s.sent_at, {_NOW}::timestamptz
    from said s join known k on k.ord = s.ord
    where (select count(*) from known k join locked l on l.id = k.root_id
            and l.version = k.version) = {_COUNT}
    order by s.ord
    on conflict (account_id, dedup_key) do nothing
    returning id, person_id, case_id, identity_id, account_id, dedup_key
), kept as (
    insert into message_sources (message_id, media_type, raw)
    select t.id, s.media_type, s.raw from stored t
    join said s on s.account_id = t.account_id and s.dedup_key = t.dedup_key
    where s.media_type is not null
), named as (
    insert into remote_refs as r (account_id, remote_place, remote_id, part, message_id)
    select s.account_id, s.remote_place, s.remote_id, 0, t.id from stored t
    join said s on s.account_id = t.account_id and s.dedup_key = t.dedup_key
    order by 1, 2, 3
    on conflict (account_id, remote_place, remote_id, part) do nothing
    returning message_id
), touched as (
    update cases c set last_message_id = greatest(c.last_message_id, u.newest)
    from (select case_id, max(id) as newest from stored group by case_id) u
    where c.id = u.case_id and c.state = 'open'
    returning c.id
), moved as (
    update persons p set
        last_message_id = greatest(p.last_message_id, u.newest),
        last_inbound_id = greatest(p.last_inbound_id, u.newest)
    from (select k.root_id, max(t.id) as newest from stored t
          join known k on k.identity_id = t.identity_id group by k.root_id) u
    where p.id = u.root_id
), seen as (
    update identities i set seen_at = {_NOW}::timestamptz
    where i.id = any(array(
        select id from identities where id = any(array(select identity_id from stored))
            and seen_at < {_NOW}::timestamptz - {_SEEN_EVERY}::interval
        for no key update skip locked))
    returning i.home_person_id
), facts as materialized (
    select kind, person_id, ref, row_number() over (order by step, ref) as ord from (
        select distinct 1 as step, '{Fact.PERSON_CHANGED}' as kind, home_person_id as person_id,
            home_person_id as ref from seen
        union all
        select 2, '{Fact.MESSAGE_CREATED}',
            (select k.root_id from known k where k.identity_id = t.identity_id limit 1), t.id
        from stored t
    ) u
), {_TOLD}
select t.id, t.account_id, t.dedup_key, {NUMBERED} as numbered, whole.as_expected
"""
_WHOLE = f"""
from stored t, (
    select 1 / case when
        (select count(*) from stored) = {_COUNT}
        and (select count(*) from named) = {_COUNT}
        and (select count(*) from touched) = (select count(distinct case_id) from stored)
    then 1 else 0 end as as_expected
) whole
"""


def statement(*, after: str = "") -> str:
    """It fails, with nothing written, unless all was as expected. `after`: further columns."""
    return f"{_WRITTEN}{after}{_WHOLE}"


STATEMENT = statement()
