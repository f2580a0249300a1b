"""Rows of the record as what rules look at. Pure, but for the hours of the desk."""

from datetime import datetime

from core.capabilities import Capabilities
from core.errors import BadConfig
from core.messages import PUBLIC_KINDS, MessageNature
from router.services.automation.fields import capabilities_of
from router.services.automation.subjects import (
    CaseSeen,
    FindingSeen,
    MessageSeen,
    PersonSeen,
    Subject,
)
from router.services.automation.terms import Happening
from router.services.outbound.reaching import CapabilitiesOf
from router.storage.records import Record
from router.storage.unit_of_work import Fact

FAILED = frozenset({"failed", "unknown"})
_EVENTS = {
    one.value: one
    for one in (
        Happening.CASE_OPENED,
        Happening.CASE_REOPENED,
        Happening.CASE_WAITING,
        Happening.CASE_SNOOZED,
        Happening.CASE_SOLVED,
        Happening.CASE_ASSIGNED,
        Happening.CASE_RETURNED,
        Happening.CASE_LABELLED,
        Happening.CASE_UNLABELLED,
        Happening.CASE_RATED,
        Happening.CASE_MERGED,
        Happening.CASE_SPLIT,
        Happening.INCIDENT_JOINED,
        Happening.INCIDENT_LEFT,
        Happening.DEADLINE_NEAR,
        Happening.DEADLINE_PASSED,
        Happening.DEADLINE_ESCALATED,
        Happening.PROMISE_MADE,
        Happening.PROMISE_KEPT,
        Happening.PROMISE_WITHDRAWN,
        Happening.DANGER_TOLD,
        Happening.DANGER_ESCALATED,
        Happening.APPROVAL_ASKED,
        Happening.CHAT_ENDED,
        Happening.STEP_UP_CONFIRMED,
    )
}
_EVENTS["case_rating_changed"] = Happening.CASE_RATED
_EVENTS["case_shift_over"] = Happening.CASE_RETURNED
_PLAIN = {
    Fact.MESSAGE_CHANGED: Happening.MESSAGE_CHANGED,
    Fact.MESSAGE_SEEN: Happening.MESSAGE_SEEN,
    Fact.CASE_CHANGED: Happening.CASE_CHANGED,
    Fact.PERSON_CHANGED: Happening.PERSON_CHANGED,
    Fact.PERSON_MERGED: Happening.PERSON_MERGED,
    Fact.PERSON_SPLIT: Happening.PERSON_SPLIT,
}


def happenings_of(row: Record) -> frozenset[Happening]:
    """What the fact is. Empty: nothing that rules run on, or what it speaks of is gone."""
    kind = row["kind"]
    if kind is None or row["root_id"] is None:
        return frozenset()
    if kind == Fact.MESSAGE_CREATED:
        found = _of_message(row)
        # Of the past each message is asked about once: what was found of it is there already.
        return found | {Happening.MESSAGE_TRIAGED} if row.get("is_reading") else found
    if kind == Fact.FINDING_CHANGED:
        return frozenset({Happening.MESSAGE_TRIAGED} if row.get("is_reading") else ())
    if kind == Fact.DELIVERY_CHANGED:
        if row["message_id"] is None:
            return frozenset()
        has_failed = row["delivery_state"] in FAILED
        delivered = {Happening.DELIVERY_CHANGED}
        return frozenset(delivered | {Happening.DELIVERY_FAILED} if has_failed else delivered)
    plain = _PLAIN.get(kind)
    return frozenset() if plain is None else frozenset({plain})


def _of_message(row: Record) -> frozenset[Happening]:
    match row["direction"]:
        case "in" if row["message_state"] == "shown":
            by = (
                Happening.PERSON_WROTE
                if row["nature"] == MessageNature.HUMAN
                else Happening.MACHINE_WROTE
            )
            return frozenset({by, Happening.CASE_OPENED} if row["is_first"] else {by})
        case "out" if row["message_agent_id"] is not None:
            return frozenset({Happening.DESK_ANSWERED})
        case "note":
            return frozenset({Happening.NOTE_WRITTEN})
        case "event" if row["text"] in _EVENTS:
            return frozenset({_EVENTS[row["text"]]})
        case _:
            return frozenset()


class Seeing:
    """Makes subjects, with what each channel can do looked up once."""

    def __init__(self, of_channel: CapabilitiesOf) -> None:
        self._of_channel = of_channel
        self._known: dict[str, frozenset[str]] = {}

    def subject(self, row: Record, *, now: datetime, desk_is_open: bool) -> Subject | None:
        """None: there is nobody whom it is about."""
        if row["root_id"] is None:
            return None
        return Subject(
            happenings=happenings_of(row),
            now=now,
            person=PersonSeen(
                root_id=row["root_id"],
                language=row["language"],
                attributes=row["attributes"],
                tier=row["tier"],
                level=row["level"] or 0,
                is_blocked=row["is_blocked"],
                classes=frozenset(row["person_classes"] or ()),
            ),
            case=None if row["case_id"] is None else _case(row),
            message=None if row["message_id"] is None else self._message(row),
            desk_is_open=desk_is_open,
            chain=tuple(row["chain"]),
        )

    def _message(self, row: Record) -> MessageSeen:
        return MessageSeen(
            id=row["message_id"],
            direction=row["direction"],
            text="" if row["direction"] == "event" else row["text"],
            language=row["message_language"],
            level=row["message_level"],
            has_files=row["has_files"],
            in_public=row["place_kind"] in PUBLIC_KINDS,
            channel=row["channel"],
            capabilities=self._capabilities(row["channel"]),
            identity_id=row["identity_id"],
            place_id=row["place_id"],
            at=row["received_at"],
            finding=_finding(row),
        )

    def _capabilities(self, channel: str | None) -> frozenset[str]:
        if channel is None:
            return frozenset()
        if channel not in self._known:
            self._known[channel] = capabilities_of(self._load(channel))
        return self._known[channel]

    def _load(self, channel: str) -> Capabilities:
        try:
            return self._of_channel(channel)
        except BadConfig:
            return Capabilities()


def _finding(row: Record) -> FindingSeen | None:
    if row["found_urgency"] is None:
        return None
    return FindingSeen(
        topic=row["found_topic"] or "",
        confidence=round(100 * row["found_confidence"]),
        urgency=row["found_urgency"],
        emotion=row["found_emotion"],
        danger=row["found_danger"],
        is_complaint=row["found_complaint"],
    )


def _case(row: Record) -> CaseSeen:
    return CaseSeen(
        id=row["case_id"],
        state=row["state"],
        topic=row["topic"],
        priority=row["priority"],
        owner_id=row["owner_id"],
        team_id=row["team_id"],
        label_ids=frozenset(row["label_ids"]),
        opened_at=row["opened_at"],
        is_private=row["is_private"],
        access_class=row["access_class"],
        revision=row["revision"],
        incident_id=row["incident_id"],
        has_incident=bool(row["has_incident"]),
        fields={**dict.fromkeys(row["field_ids"]), **(row["fields"] or {})},
    )
