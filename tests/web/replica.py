"""What a page that follows the feed knows: fetched once, and from then on only told."""

from typing import Any

from tests.web.desk import Browser

Known = dict[str, Any]


async def fetch(browser: Browser) -> Known:
    """Everything that an agent sees, as a page that was just opened."""
    index = (await browser.get("/conversations/index?view=all")).body
    known: Known = {"position": index["position"], "rows": {}, "threads": {}}
    if index["ids"]:
        ids = ",".join(str(one) for one in index["ids"])
        for row in (await browser.get(f"/conversations?ids={ids}")).body["rows"]:
            known["rows"][row["person_id"]] = row
    for person in index["ids"]:
        known["threads"][person] = await fetch_thread(browser, person)
    accounts = (await browser.get("/accounts")).body["accounts"]
    known["accounts"] = {one["id"]: one for one in accounts}
    proposals = (await browser.get("/proposals")).body["proposals"]
    known["proposals"] = {one["id"]: _told(one) for one in proposals}
    return known


def _told(proposal: Known) -> Known:
    return {name: value for name, value in proposal.items() if name != "may_approve"}


async def fetch_thread(browser: Browser, person: int) -> Known:
    found = (await browser.get(f"/conversations/{person}")).body
    page = (await browser.get(f"/conversations/{person}/messages?limit=100")).body
    assert not page["has_before"]
    return {
        "person": found["person"],
        "cases": {one["id"]: one for one in found["cases"]},
        "merges": {one["id"]: one for one in found["merges"]},
        "messages": {one["id"]: one for one in page["messages"]},
    }


def apply(known: Known, event: Known) -> None:
    """Let the page hear one event. Threads that a merge joined or split must be fetched anew."""
    known["position"] = event["position"]
    for row in [event["row"]] if "row" in event else event.get("rows", []):
        known["rows"][row["person_id"]] = row
    for person in event.get("gone", []):
        known["rows"].pop(person, None)
        known["threads"].pop(person, None)
    if "merge" in event:
        for row in event["rows"]:
            known["threads"].pop(row["person_id"], None)
        return
    if "account" in event:
        known["accounts"][event["account"]["id"]] = event["account"]
        return
    if "proposal" in event:
        known["proposals"].pop(event["proposal"]["id"], None)
        if event["proposal"]["state"] == "open":
            known["proposals"][event["proposal"]["id"]] = event["proposal"]
        return
    thread = known["threads"].get(event["person_id"])
    if thread is None:
        return
    if "message" in event:
        _put_message(thread, event["message"])
    elif "delivery" in event:
        _put_delivery(thread, event["delivery"])
    elif "case" in event:
        thread["cases"][event["case"]["id"]] = event["case"]
    elif "person" in event:
        thread["person"] = event["person"]


def _put_message(thread: Known, message: Known) -> None:
    thread["messages"][message["id"]] = message
    case = thread["cases"].get(message["case_id"])
    if case is not None and message["direction"] != "event":
        case["last_message_id"] = max(case["last_message_id"] or 0, message["id"])


def _put_delivery(thread: Known, delivery: Known) -> None:
    message = thread["messages"].get(delivery["message_id"])
    if message is None:
        return
    others = [one for one in message["deliveries"] if one["id"] != delivery["id"]]
    message["deliveries"] = sorted([*others, delivery], key=lambda one: (one["part"], one["id"]))


async def fill(known: Known, browser: Browser) -> None:
    """Fetch the threads that are not there: those of new persons, merges and splits."""
    for person in known["rows"]:
        if person not in known["threads"]:
            known["threads"][person] = await fetch_thread(browser, person)


def comparable(known: Known) -> Known:
    """Without what changes with every message and is not told by itself: when somebody was seen."""
    for thread in known["threads"].values():
        for identity in thread["person"]["identities"]:
            identity["seen_at"] = None
        for merge in thread["merges"].values():
            # Renamed by events of their own conversations.
            merge["loser_name"] = merge["winner_name"] = None
    for proposal in known["proposals"].values():
        # Who stands for the two is told by merges and splits of their own.
        proposal["loser"] = proposal["winner"] = None
    for account in known["accounts"].values():
        account |= dict.fromkeys(
            ("last_in_at", "last_out_at", "queued", "held", "oldest_queued_at")
        )
    return {**known, "position": None}


def differences(told: Any, fresh: Any, path: str = "") -> list[str]:
    """Where a page that was told differs from a fresh one."""
    if isinstance(told, dict) and isinstance(fresh, dict):
        found: list[str] = []
        for key in sorted({*told, *fresh}, key=str):
            if key not in told or key not in fresh:
                found.append(f"{path}.{key} only {'told' if key in told else 'fresh'}")
            else:
                found += differences(told[key], fresh[key], f"{path}.{key}")
        return found
    return [] if told == fresh else [f"{path}: told {told!r}, fresh {fresh!r}"]
