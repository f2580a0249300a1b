"""Everything that the record holds of one person: read for a copy, blotted out for good."""

import json
from collections.abc import Mapping
from typing import Any

from core.people import HOST_REALM
from router.storage.unit_of_work import UnitOfWork

_MESSAGES = "(select id from messages where person_id = any($1::bigint[]))"
_CASES = "(select id from cases where person_id = any($1::bigint[]))"
_NOTES = "(select id from person_notes where person_id = any($1::bigint[]))"
_DELIVERIES = "(select id from deliveries where person_id = any($1::bigint[]))"
_IDENTITIES = "(select id from identities where home_person_id = any($1::bigint[]))"
_ACCOUNTS = f"""
  (select host_account from identities where id in {_IDENTITIES} and host_account is not null
   union select handle from identities where id in {_IDENTITIES} and realm = '{HOST_REALM}')
"""
_SESSIONS = f"""
  (select s.id from visitor_sessions s join identities i
      on i.handle = s.session and i.realm like 'web:%' where i.id in {_IDENTITIES})
"""

# Table -> which of its rows speak of the persons in $1, and columns that nobody needs to see.
_EXPORTED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "persons": ("id = any($1::bigint[])", ()),
    # What was undone says of somebody else that they were taken for this person: not theirs.
    "person_merges": (
        "undone_at is null and (loser_id = any($1::bigint[]) or winner_id = any($1::bigint[]))",
        (),
    ),
    "person_hints": ("person_id = any($1::bigint[])", ()),
    "person_notes": ("person_id = any($1::bigint[])", ()),
    "person_note_revisions": (f"note_id in {_NOTES}", ()),
    "person_consents": ("person_id = any($1::bigint[])", ()),
    "identities": (f"id in {_IDENTITIES}", ()),
    "identity_evidence": (f"identity_id in {_IDENTITIES}", ()),
    "evidence_withdrawals": (
        f"evidence_id in (select id from identity_evidence where identity_id in {_IDENTITIES})",
        (),
    ),
    "host_accounts": (f"account in {_ACCOUNTS}", ()),
    "visitor_sessions": (f"id in {_SESSIONS}", ("token_hash",)),
    "visited_pages": (f"visitor_session_id in {_SESSIONS}", ()),
    "opened_places": (f"identity_id in {_IDENTITIES}", ()),
    "cases": ("person_id = any($1::bigint[])", ()),
    "case_history": (f"case_id in {_CASES}", ()),
    "case_fields": (
        f"id in (select field_id from case_field_history where case_id in {_CASES})",
        ("team_ids",),
    ),
    "case_field_values": (f"case_id in {_CASES}", ()),
    "case_field_history": (f"case_id in {_CASES}", ()),
    "assignments": (f"case_id in {_CASES}", ()),
    "deadlines": (f"case_id in {_CASES}", ()),
    "case_ratings": (f"case_id in {_CASES}", ()),
    "messages": ("person_id = any($1::bigint[])", ()),
    "promises": (f"message_id in {_MESSAGES}", ()),
    "findings": (f"message_id in {_MESSAGES}", ()),
    "finding_corrections": (f"message_id in {_MESSAGES}", ()),
    "message_revisions": (f"message_id in {_MESSAGES}", ()),
    "message_reactions": (f"message_id in {_MESSAGES}", ()),
    "message_sources": (f"message_id in {_MESSAGES}", ("raw",)),
    "attachments": (f"message_id in {_MESSAGES}", ()),
    "deliveries": ("person_id = any($1::bigint[])", ("claim",)),
    "delivery_attempts": (f"delivery_id in {_DELIVERIES}", ("claim",)),
    "ladder_steps": (f"message_id in {_MESSAGES}", ()),
    "drafts": ("person_id = any($1::bigint[])", ()),
}

# Theirs alone: they spoke there, or an agent opened it to write to them, and to nobody else.
_PRIVATE_PLACES = f"""
  (select p.id from places p where p.kind in ('direct', 'mail_thread', 'widget_session')
      and (exists (select from messages m where m.place_id = p.id
                      and m.person_id = any($1::bigint[]))
           or exists (select from opened_places o where o.place_id = p.id
                         and o.identity_id in {_IDENTITIES}))
      and not exists (select from messages m where m.place_id = p.id
                         and not m.person_id = any($1::bigint[]))
      and not exists (select from opened_places o where o.place_id = p.id
                         and o.identity_id not in {_IDENTITIES}))
"""

# A ground of a suggestion about anybody: one of them gave it, or it is what they are known by.
_GIVEN = f"""((g ->> 'message_id')::bigint in {_MESSAGES}
    or (g ->> 'other_message_id')::bigint in {_MESSAGES}
    or g ->> 'value' in (select value from person_hints where person_id = any($1::bigint[]))
    or g ->> 'value' in
        (select handle from identities where home_person_id = any($1::bigint[])))"""

_PERSONAL = "(select id from case_fields where is_personal)"

# In this order: what is found by way of something is blotted before that something is.
_BLOTTED: tuple[str, ...] = (
    # The follower that makes entries holds this row while it works: it comes before or after us.
    """select from followers where name in ('search', 'triage') and $1::bigint[] is not null
        order by name for update""",
    f"delete from search_entries where message_id in {_MESSAGES}",
    "delete from name_entries where person_id = any($1::bigint[])",
    f"delete from message_sources where message_id in {_MESSAGES}",
    f"delete from message_revisions where message_id in {_MESSAGES}",
    f"delete from message_reactions where message_id in {_MESSAGES}",
    f"delete from message_reactions where identity_id in {_IDENTITIES}",
    f"delete from remote_refs where message_id in {_MESSAGES}",
    f"""delete from thread_keys where case_id in {_CASES} or message_id in {_MESSAGES}
         or person_id = any($1::bigint[])""",
    f"""update attachments set name = '', media_type = 'application/octet-stream', size = 0,
          sha256 = null, blob_key = null, content_id = null, remote = null, description = '',
          state = 'refused',
          refused_reason = 'Erased.' where message_id in {_MESSAGES}""",
    f"""update quarantine set event = null, raw = null, blob_key = null, reason = 'Erased.',
          state = 'dropped' where message_id in {_MESSAGES}""",
    """update deliveries set text = '', spans = null, reason = '',
          copy_to = case when copy_to = '' then '' else 'erased:' || id end,
          state = case when state in ('held', 'queued') then 'cancelled' else state end
        where person_id = any($1::bigint[])""",
    f"update delivery_attempts set reason = '' where delivery_id in {_DELIVERIES}",
    """update attachments set is_kept = false where id in (
          select jsonb_array_elements_text(d.attachment_ids)::bigint from drafts d
          where d.person_id = any($1::bigint[])) and message_id is null""",
    "delete from mentions where person_id = any($1::bigint[])",
    # Which danger they told of, and that agents came, is the desk's own record.
    f"update findings set words = '[]', topic_id = null, language = null,"
    f" is_pending = false where message_id in {_MESSAGES}",
    "delete from drafts where person_id = any($1::bigint[])",
    f"update promises set words = '' where message_id in {_MESSAGES}",
    f"""update join_suggestions s set grounds = (
            select coalesce(jsonb_agg(g) filter (where not {_GIVEN}), '[]')
            from jsonb_array_elements(s.grounds) g)
        where (select true from jsonb_array_elements(s.grounds) g where {_GIVEN} limit 1)
            is not null""",
    "delete from join_suggestions where grounds = '[]' and $1::bigint[] is not null",
    "delete from person_hints where person_id = any($1::bigint[])",
    # What rules saw of them, also while they were taken for somebody else. That they ran stays,
    # and so do the limits on how often.
    f"""update rule_runs set explained = '{{}}' where person_id = any($1::bigint[])
         or case_id in {_CASES} or message_id in {_MESSAGES}""",
    "delete from webhook_calls where person_id = any($1::bigint[])",
    """update approvals set wanted = '{}', decision_reason = '',
          state = case when state = 'waiting' then 'void' else state end
        where person_id = any($1::bigint[])""",
    # Names from before, to which a macro's undo would bring their cases back.
    f"""update macro_runs set steps = (
            select jsonb_agg(case when (s ->> 'case_id')::bigint in {_CASES}
                             then s || '{{"before": {{}}}}' else s end order by n)
            from jsonb_array_elements(steps) with ordinality u(s, n))
        where (select true from jsonb_array_elements(steps) u(s)
               where (s ->> 'case_id')::bigint in {_CASES} limit 1) is not null""",
    # The topic to which a bulk job's undo would bring them back.
    f"""update bulk_steps set before = before #- '{{case,topic_id}}'
        where case_id in {_CASES} and before -> 'case' ? 'topic_id'""",
    # Whoever makes a field personal comes before us, or blots what is left of us.
    "select from case_fields where $1::bigint[] is not null order by id for share",
    f"delete from case_field_values where case_id in {_CASES} and field_id in {_PERSONAL}",
    f"""update case_field_history set value = null where case_id in {_CASES}
          and field_id in {_PERSONAL}""",
    f"update case_history set topic_id = null where case_id in {_CASES}",
    f"update waiting_cases set tier = '' where case_id in {_CASES}",
    f"delete from person_note_revisions where note_id in {_NOTES}",
    "delete from person_notes where person_id = any($1::bigint[])",
    "delete from person_consents where person_id = any($1::bigint[])",
    """delete from join_suggestions
        where left_id = any($1::bigint[]) or right_id = any($1::bigint[])""",
    """update join_proposals set reason = '', decision_reason = '',
          state = case when state = 'open' then 'withdrawn' else state end
        where loser_id = any($1::bigint[]) or winner_id = any($1::bigint[])""",
    f"delete from visitor_uploads where visitor_session_id in {_SESSIONS}",
    f"delete from visitor_sessions where id in {_SESSIONS}",
    f"""update places set title = '', parent = null, context = '{{}}',
          remote_place = 'erased:' || id where id in {_PRIVATE_PLACES}""",
    f"delete from opened_places where identity_id in {_IDENTITIES}",
    """update messages set subject = '', text = '', spans = null, full_text = null, html = null,
          language = null, context = '{}', warnings = '[]', participants = '[]',
          author_name = case when direction in ('out', 'note') then author_name else '' end,
          dedup_key = case when dedup_key like '%@%' then 'erased:' || id else dedup_key end,
          deleted_at = coalesce(deleted_at, $2)
        where person_id = any($1::bigint[])""",
    # After their letters: whoever keeps one holds its letter, and comes before or after us.
    f"delete from kept_pictures where message_id in {_MESSAGES}",
    f"update case_ratings set comment = '' where case_id in {_CASES}",
    """update cases set subject = '', topic_id = null, host_account = null
        where person_id = any($1::bigint[])""",
    f"delete from link_codes where identity_id in {_IDENTITIES} or spent_by_id in {_IDENTITIES}",
    f"delete from link_codes where host_account in {_ACCOUNTS}",
    f"update step_ups set host_account = '' where identity_id in {_IDENTITIES}",
    f"""delete from evidence_withdrawals where evidence_id in
          (select id from identity_evidence where identity_id in {_IDENTITIES})""",
    f"""delete from host_accounts a where account in {_ACCOUNTS} and not exists (
          select from identities i
          where i.host_account = a.account and not i.home_person_id = any($1::bigint[]))""",
    f"delete from identity_evidence where identity_id in {_IDENTITIES}",
    f"""update identities set handle = 'erased:' || id, shown_as = '', host_account = null,
          is_reachable = false, unreachable_reason = 'Erased.', level = 0
        where id in {_IDENTITIES}""",
    """update person_merges set reason = '', undo_reason = '', proof = '{}'
        where loser_id = any($1::bigint[]) or winner_id = any($1::bigint[])""",
    """update persons set display_name = '', language = null, attributes = '{}'
        where id = any($1::bigint[])""",
)


async def members(work: UnitOfWork, person_id: int) -> tuple[int, list[int]] | None:
    """The root and everybody for whom it stands. None: no such person."""
    rows = await work.driver.fetch(
        "select id, root_id from persons where root_id ="
        " (select root_id from persons where id = $1) order by id",
        person_id,
    )
    return (rows[0]["root_id"], [row["id"] for row in rows]) if rows else None


async def read_everything(
    work: UnitOfWork, person_ids: list[int]
) -> dict[str, list[dict[str, Any]]]:
    """Table -> rows as JSON types."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table, (condition, hidden) in _EXPORTED.items():
        rows = await work.driver.fetch(
            f"select (to_jsonb(t) - $2::text[])::text as row from {table} t"
            f" where {condition} order by 1",
            person_ids,
            list(hidden),
        )
        found[table] = [json.loads(row["row"]) for row in rows]
    return found


async def count_identities(work: UnitOfWork, person_ids: list[int]) -> int:
    found: int = await work.driver.fetchval(
        f"select count(*) from identities where id in {_IDENTITIES}", person_ids
    )
    return found


async def message_ids(work: UnitOfWork, person_ids: list[int]) -> list[int]:
    rows = await work.driver.fetch(f"{_MESSAGES[1:-1]} order by id", person_ids)
    return [row["id"] for row in rows]


async def raw_sources(work: UnitOfWork, person_ids: list[int]) -> list[tuple[int, str, bytes]]:
    """(message, media type, bytes) of the sources that stand in the row itself."""
    rows = await work.driver.fetch(
        "select message_id, media_type, raw from message_sources"
        f" where raw is not null and message_id in {_MESSAGES} order by message_id",
        person_ids,
    )
    return [(row["message_id"], row["media_type"], bytes(row["raw"])) for row in rows]


async def sending(work: UnitOfWork, person_ids: list[int]) -> int:
    """How many deliveries are on their way this moment."""
    found: int = await work.driver.fetchval(
        "select count(*) from deliveries where state = 'sending' and person_id = any($1::bigint[])",
        person_ids,
    )
    return found


async def blob_keys(work: UnitOfWork, person_ids: list[int]) -> list[str]:
    """Of files, raw sources, and pictures from elsewhere."""
    rows = await work.driver.fetch(
        f"select blob_key from attachments where blob_key is not null and message_id in {_MESSAGES}"
        f" union select blob_key from message_sources where blob_key is not null"
        f" and message_id in {_MESSAGES}"
        f" union select blob_key from kept_pictures where blob_key is not null"
        f" and message_id in {_MESSAGES}"
        f" union select blob_key from quarantine where blob_key is not null"
        f" and message_id in {_MESSAGES}",
        person_ids,
    )
    return [row["blob_key"] for row in rows]


async def blot_out(work: UnitOfWork, person_ids: list[int]) -> None:
    """The rows stay, so that ids, order and counts hold; nothing in them says who it was.

    Needs the lock of the root.
    """
    for statement in _BLOTTED:
        values: list[Any] = [person_ids]
        if "$2" in statement:
            values.append(work.now())
        await work.driver.execute(statement, *values)
