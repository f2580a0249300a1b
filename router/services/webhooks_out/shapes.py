"""Webhooks as they are kept and read over the API: nothing but their shapes."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from core.ids import RowId
from router.services.shown.names import Named

MOST_WEBHOOKS = 50
MOST_NAMED = 50
AwareTime = Annotated[datetime, msgspec.Meta(tz=True)]


class WebhookKind(StrEnum):
    """What a receiver may be told of. All that rules run on, and what they say; the words never
    change their meaning.
    """

    PERSON_WROTE = "person_wrote"
    MACHINE_WROTE = "machine_wrote"
    DESK_ANSWERED = "desk_answered"
    NOTE_WRITTEN = "note_written"
    MESSAGE_TRIAGED = "message_triaged"
    MESSAGE_CHANGED = "message_changed"
    MESSAGE_SEEN = "message_seen"
    DELIVERY_CHANGED = "delivery_changed"
    DELIVERY_FAILED = "delivery_failed"
    CASE_OPENED = "case_opened"
    CASE_REOPENED = "case_reopened"
    CASE_WAITING = "case_waiting"
    CASE_SNOOZED = "case_snoozed"
    CASE_SOLVED = "case_solved"
    CASE_ASSIGNED = "case_assigned"
    CASE_LABELLED = "case_labelled"
    CASE_UNLABELLED = "case_unlabelled"
    CASE_RATED = "case_rated"
    CASE_CHANGED = "case_changed"
    CASE_RETURNED = "case_returned"
    CASE_MERGED = "case_merged"
    CASE_SPLIT = "case_split"
    INCIDENT_JOINED = "incident_joined"
    INCIDENT_LEFT = "incident_left"
    PROMISE_MADE = "promise_made"
    PROMISE_KEPT = "promise_kept"
    PROMISE_WITHDRAWN = "promise_withdrawn"
    DANGER_TOLD = "danger_told"
    DANGER_ESCALATED = "danger_escalated"
    APPROVAL_ASKED = "approval_asked"
    CHAT_ENDED = "chat_ended"
    STEP_UP_CONFIRMED = "step_up_confirmed"
    PERSON_CHANGED = "person_changed"
    PERSON_MERGED = "person_merged"
    PERSON_SPLIT = "person_split"
    DEADLINE_NEAR = "deadline_near"
    DEADLINE_PASSED = "deadline_passed"
    DEADLINE_ESCALATED = "deadline_escalated"
    RULE_EMITTED = "rule_emitted"
    """A rule or macro said so, under a word of its own."""


TEST = "test"
"""The kind of a call that an admin asks for, to see whether it arrives."""
CallState = Literal["waiting", "delivered", "failed"]
PausedBecause = Literal["", "by_hand", "gone", "unreachable", "secret"]


class NewWebhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    kinds: Annotated[tuple[WebhookKind, ...], msgspec.Meta(min_length=1, max_length=60)]
    team_ids: Annotated[tuple[RowId, ...], msgspec.Meta(max_length=MOST_NAMED)] = ()
    """Only what is of cases of these teams; none: of all."""
    topic_ids: Annotated[tuple[RowId, ...], msgspec.Meta(max_length=MOST_NAMED)] = ()
    """Only what is of cases of these topics, and of those below them."""
    has_texts: bool = False
    """Whether bodies carry what was said. Only owners give that right, and change what has it."""


class WebhookCall(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one receiver, with the last of its tries."""

    id: int
    event_id: str
    """Its `webhook-id`: the same at every try and replay."""
    kind: str
    conversation_id: int | None
    """What it was about; null, as `case_id` and `message_id`, also where the caller does not see
    that: then `answer` is empty."""
    case_id: int | None
    message_id: int | None
    happened_at: datetime
    state: CallState
    tries: int
    due_at: datetime | None
    """When it is tried next, if it waits."""
    again_at: datetime | None
    """When somebody last sent it once more: if it waits, it waits again since then."""
    tried_at: datetime | None
    status: int | None
    milliseconds: int | None
    answer: str
    """The first bytes of the receiver's answer."""
    fault: str
    """Why there was no answer: `timeout`, `connection`, `tls`, `inside` (an address within our
    network), `bad_answer`."""


class WebhookTry(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    status: int | None
    milliseconds: int
    answer: str
    fault: str


class Replaying(msgspec.Struct, frozen=True, kw_only=True):
    """The last period whose calls were to go out once more."""

    since: datetime | None
    until: datetime | None
    only_failed: bool
    begun_at: datetime
    ended_at: datetime | None
    """Null: its calls are still looked through; the next when fewer than 1,000 wait."""
    percent: int
    """How far they were."""
    count: int
    """How many of them go out again, or have."""
    cancelled_by: Named | None
    """Who ended it: the rest of the period was not looked through."""
    cancelled: int
    """How many were to go out again, and do not."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    label: str
    url: str
    kinds: list[str]
    team_ids: list[int]
    topic_ids: list[int]
    has_texts: bool
    state: Literal["active", "paused"]
    paused_because: PausedBecause
    """`gone`: it answered 410. `unreachable`: nothing arrived for days. `secret`: its secret cannot
    be read with the installation's key."""
    paused_at: datetime | None
    failing_since: datetime | None
    """Null: the last try arrived, or there was none."""
    former_secret_until: datetime | None
    """Until then the secret from before the last change signs as well."""
    waiting: int
    """Calls that are still to arrive, up to 1,000."""
    replay: Replaying | None
    last: WebhookCall | None
    """Without what it was about."""


class WebhookWithSecret(msgspec.Struct, frozen=True, kw_only=True):
    webhook: Webhook
    secret: str
    """Shown now and never again."""


class Replay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which calls go out once more, under their ids: one, or those of a period."""

    call_id: RowId | None = None
    since: AwareTime | None = None
    until: AwareTime | None = None
    only_failed: bool = False


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    count: int | None
    """Null: those of a period are looked through from now on; the webhook's `replay` says how far.
    """
