"""Invitations (RFC 5545) as a sentence: what, when, where, and who asks."""

import re
from dataclasses import dataclass, field

MAX_EVENTS = 5
MAX_LINES = 20_000
_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPED = re.compile(r"\\([\\;,nN])")
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(?:\d\d)?(Z?))?")
_CN = re.compile(r"""(?:^|;)CN=("[^"]{1,200}"|[^;:"]{1,200})""", re.IGNORECASE)
_LEADS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to an invitation",
    "COUNTER": "Other time proposed",
    "PUBLISH": "Event",
}
_ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "perhaps"}


@dataclass(slots=True)
class _Event:
    values: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    answer: str = ""


def is_calendar(media_type: str, name: str) -> bool:
    return media_type in ("text/calendar", "application/ics") or name.lower().endswith(".ics")


def read_invitation(text: str) -> list[str]:
    """One line for each event, at most `MAX_EVENTS`. Never fails; none if there is no event."""
    method, events = _read_events(text)
    return [_sentence(method, event) for event in events if event.values]


def _read_events(text: str) -> tuple[str, list[_Event]]:
    method = ""
    events: list[_Event] = []
    inside: list[str] = []
    lines = _FOLD.sub("", text).split("\n")
    for line in lines[:MAX_LINES]:
        head, colon, value = _cut_at_colon(line.rstrip("\r"))
        if not colon:
            continue
        name, _, parameters = head.partition(";")
        name = name.strip().upper()
        value = value.strip()
        if name == "BEGIN":
            inside.append(value.upper())
            if value.upper() == "VEVENT":
                if len(events) >= MAX_EVENTS:
                    break
                events.append(_Event())
        elif name == "END" and inside:
            inside.pop()
        elif name == "METHOD":
            method = value.upper()
        elif events and inside and inside[-1] == "VEVENT":
            _note(events[-1], name, parameters, value)
    return method, events


def _cut_at_colon(line: str) -> tuple[str, str, str]:
    """The first colon outside quotes: a name may have one, as in `CN="Desk: Ann"`."""
    if '"' not in line.partition(":")[0]:
        return line.partition(":")
    is_inside = False
    for position, character in enumerate(line[:2000]):
        is_inside ^= character == '"'
        if character == ":" and not is_inside:
            return line[:position], ":", line[position + 1 :]
    return line, "", ""


def _note(event: _Event, name: str, parameters: str, value: str) -> None:
    if name == "ATTENDEE":
        found = re.search(r"PARTSTAT=([A-Z-]{1,20})", parameters, re.IGNORECASE)
        event.answer = event.answer or (_ANSWERS.get(found[1].upper(), "") if found else "")
    elif name not in event.values:
        event.values[name] = _ESCAPED.sub(lambda one: " " if one[1] in "nN" else one[1], value)
        event.parameters[name] = parameters


def _sentence(method: str, event: _Event) -> str:
    lead = _LEADS.get(method, "Event")
    if method == "REPLY" and event.answer:
        lead = f"{lead} ({event.answer})"
    what = event.values.get("SUMMARY", "").strip() or "(no title)"
    pieces = [_when(event), event.values.get("LOCATION", ""), _who(event)]
    shown = [" ".join(one.split())[:300] for one in (what, *pieces)]
    return f"{lead}: " + " | ".join(one for one in shown if one)


def _when(event: _Event) -> str:
    start, end = event.values.get("DTSTART", ""), event.values.get("DTEND", "")
    begins, ends = _moment(start), _moment(end)
    if not begins:
        return ""
    zone = " UTC" if start.endswith("Z") else ""
    found = re.search(r"TZID=\"?([^;:\"]{1,60})", event.parameters.get("DTSTART", ""))
    if found is not None:
        zone = f" {found[1]}"
    if not ends or ends == begins:
        return begins + zone
    if ends[:10] == begins[:10] and len(ends) > 10:
        ends = ends[11:]
    return f"{begins} – {ends}{zone}"


def _moment(value: str) -> str:
    found = _DATE.match(value)
    if found is None:
        return ""
    year, month, day, hour, minute, _ = found.groups()
    return f"{year}-{month}-{day}" + (f" {hour}:{minute}" if hour else "")


def _who(event: _Event) -> str:
    address = event.values.get("ORGANIZER", "")
    if address[:7].lower() == "mailto:":
        address = address[7:]
    name = _CN.search(event.parameters.get("ORGANIZER", ""))
    shown = name[1].strip('"') if name is not None else ""
    if shown and address and shown.lower() != address.lower():
        return f"{shown} <{address}>"
    return shown or address
