"""What each field of a condition is: which questions go with it, and what a rule saw there."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import get_args

import msgspec

from core.capabilities import Capabilities
from router.assist.findings import GRAVE, DangerKind, Emotion, Urgency
from router.services.automation.shapes import FieldSpec, Kind, Saw
from router.services.automation.subjects import (
    CaseSeen,
    FindingSeen,
    MessageSeen,
    PersonSeen,
    Subject,
)
from router.services.automation.terms import Field, Operator

_SET = (Operator.IS_SET, Operator.IS_NOT_SET)
_RANGE = (Operator.AT_LEAST, Operator.AT_MOST, Operator.IS)
_ONE = (Operator.IS, Operator.IS_NOT)
_WORDS = (Operator.CONTAINS_ANY, Operator.CONTAINS_ALL, Operator.CONTAINS_NONE)
_HAS = (Operator.HAS, Operator.HAS_NOT)
BY_KIND: Mapping[Kind, tuple[Operator, ...]] = {
    Kind.CHOICE: _ONE,
    Kind.TEXT: (*_ONE, *_SET),
    Kind.WORDS: _WORDS,
    Kind.NUMBER: _RANGE,
    Kind.FLAG: _SET,
    Kind.AGENT: (*_ONE, *_SET),
    Kind.TEAM: (*_ONE, *_SET),
    Kind.LABEL: _HAS,
    Kind.FIELD: (*_ONE, *_SET),
}


CAPABILITIES: tuple[str, ...] = tuple(
    sorted(
        name
        for name, given in msgspec.structs.asdict(Capabilities()).items()
        if isinstance(given, bool)
    )
)
"""What a channel can do or not, by the names of the contract."""
FILES = "files"


def capabilities_of(capabilities: Capabilities) -> frozenset[str]:
    """Those that are there."""
    found = {name for name in CAPABILITIES if getattr(capabilities, name)}
    return frozenset(found | ({FILES} if capabilities.files.max_count else set()))


def _spec(field: Field, kind: Kind, **more: object) -> FieldSpec:
    return msgspec.convert(
        {
            "field": field,
            "kind": kind,
            "needs": field.value.partition(".")[0],
            "ops": BY_KIND[kind],
            **more,
        },
        FieldSpec,
    )


_LEVEL = {"least": 0, "most": 3}
FIELDS: Mapping[Field, FieldSpec] = {
    one.field: one
    for one in (
        _spec(Field.PERSON_LANGUAGE, Kind.TEXT),
        _spec(
            Field.PERSON_ATTRIBUTE,
            Kind.TEXT,
            has_name=True,
            ops=(*_ONE, *_SET, Operator.CONTAINS_ANY),
        ),
        _spec(Field.PERSON_TIER, Kind.TEXT),
        _spec(Field.PERSON_LEVEL, Kind.NUMBER, **_LEVEL),
        _spec(Field.PERSON_BLOCKED, Kind.FLAG),
        _spec(Field.CASE_STATE, Kind.CHOICE, choices=("open", "waiting", "snoozed", "solved")),
        _spec(Field.CASE_TOPIC, Kind.TEXT),
        _spec(Field.CASE_PRIORITY, Kind.NUMBER, least=1, most=4),
        _spec(Field.CASE_OWNER, Kind.AGENT),
        _spec(Field.CASE_TEAM, Kind.TEAM),
        _spec(Field.CASE_LABEL, Kind.LABEL),
        _spec(Field.CASE_AGE, Kind.NUMBER, least=0, most=24 * 3660),
        _spec(Field.CASE_PRIVATE, Kind.FLAG),
        _spec(Field.CASE_INCIDENT, Kind.FLAG),
        _spec(
            Field.CASE_FIELD,
            Kind.FIELD,
            has_name=True,
            ops=(*_ONE, *_SET, Operator.CONTAINS_ANY, Operator.AT_LEAST, Operator.AT_MOST),
        ),
        _spec(Field.MESSAGE_TEXT, Kind.WORDS),
        _spec(Field.MESSAGE_LANGUAGE, Kind.TEXT),
        _spec(Field.MESSAGE_LEVEL, Kind.NUMBER, **_LEVEL),
        _spec(Field.MESSAGE_HAS_FILES, Kind.FLAG),
        _spec(Field.MESSAGE_IN_PUBLIC, Kind.FLAG),
        _spec(Field.MESSAGE_CAPABILITY, Kind.CHOICE, choices=(*CAPABILITIES, FILES), ops=_HAS),
        _spec(Field.FINDING_TOPIC, Kind.TEXT),
        _spec(Field.FINDING_URGENCY, Kind.CHOICE, choices=get_args(Urgency)),
        _spec(Field.FINDING_EMOTION, Kind.CHOICE, choices=get_args(Emotion)),
        _spec(Field.FINDING_DANGER, Kind.CHOICE, choices=get_args(DangerKind)),
        _spec(Field.FINDING_COMPLAINT, Kind.FLAG),
        _spec(Field.FINDING_SECURITY, Kind.FLAG),
        _spec(Field.FINDING_CONFIDENCE, Kind.NUMBER, least=0, most=100),
        _spec(Field.DESK_OPEN, Kind.FLAG),
    )
}
SINGLE = frozenset({Kind.CHOICE, Kind.TEXT, Kind.FIELD, Kind.AGENT, Kind.TEAM}) - {Kind.WORDS}
"""Kinds of which a thing has one value at a time (a capability aside, which it has many of)."""

_OF_PERSON: Mapping[Field, Callable[[PersonSeen], Saw]] = {
    Field.PERSON_LANGUAGE: lambda one: one.language,
    Field.PERSON_TIER: lambda one: one.tier or None,
    Field.PERSON_LEVEL: lambda one: one.level,
    Field.PERSON_BLOCKED: lambda one: one.is_blocked,
}
_OF_CASE: Mapping[Field, Callable[[CaseSeen], Saw]] = {
    Field.CASE_STATE: lambda one: one.state,
    Field.CASE_TOPIC: lambda one: one.topic or None,
    Field.CASE_PRIORITY: lambda one: one.priority,
    Field.CASE_OWNER: lambda one: one.owner_id,
    Field.CASE_TEAM: lambda one: one.team_id,
    Field.CASE_LABEL: lambda one: tuple(sorted(one.label_ids)),
    Field.CASE_PRIVATE: lambda one: one.is_private,
    Field.CASE_INCIDENT: lambda one: one.has_incident,
}
_OF_MESSAGE: Mapping[Field, Callable[[MessageSeen], Saw]] = {
    Field.MESSAGE_LANGUAGE: lambda one: one.language,
    Field.MESSAGE_LEVEL: lambda one: one.level or 0,
    Field.MESSAGE_HAS_FILES: lambda one: one.has_files,
    Field.MESSAGE_IN_PUBLIC: lambda one: one.in_public,
    Field.MESSAGE_CAPABILITY: lambda one: tuple(sorted(one.capabilities)),
}

_OF_FINDING: Mapping[Field, Callable[[FindingSeen], Saw]] = {
    Field.FINDING_TOPIC: lambda one: one.topic or None,
    Field.FINDING_URGENCY: lambda one: one.urgency,
    Field.FINDING_EMOTION: lambda one: one.emotion,
    Field.FINDING_DANGER: lambda one: one.danger,
    Field.FINDING_COMPLAINT: lambda one: one.is_complaint,
    Field.FINDING_SECURITY: lambda one: one.danger is not None and one.danger not in GRAVE,
    Field.FINDING_CONFIDENCE: lambda one: one.confidence,
}


def is_there(field: Field, name: str, subject: Subject) -> bool:
    """Whether there is anything to ask it of; a field of cases also has to be in use."""
    if field is Field.CASE_FIELD:
        return subject.case is not None and name.strip() in subject.case.fields
    match FIELDS[field].needs:
        case "case":
            return subject.case is not None
        case "message":
            return subject.message is not None
        case "finding":
            return subject.message is not None and subject.message.finding is not None
        case _:
            return True


def saw(field: Field, name: str, subject: Subject) -> Saw:
    """The value that there is. Of a message's text nothing: `judging` says which words it held."""
    if field is Field.PERSON_ATTRIBUTE:
        return _plain(subject.person.attributes.get(name))
    if field is Field.DESK_OPEN:
        return subject.desk_is_open
    if (of_person := _OF_PERSON.get(field)) is not None:
        return of_person(subject.person)
    case, message = subject.case, subject.message
    if case is not None:
        if field is Field.CASE_AGE:
            return (subject.now - case.opened_at) // timedelta(hours=1)
        if field is Field.CASE_FIELD:
            return case.fields.get(name.strip())
        if (of_case := _OF_CASE.get(field)) is not None:
            return of_case(case)
    finding = None if message is None else message.finding
    if finding is not None and (of_finding := _OF_FINDING.get(field)) is not None:
        return of_finding(finding)
    if message is not None and (of_message := _OF_MESSAGE.get(field)) is not None:
        return of_message(message)
    return None


def _plain(value: object) -> str | None:
    if value is None or value == "":
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
