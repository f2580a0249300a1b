"""B18: what rules cost for each event and rule, by processor time of this process.

A hundred rules of three questions each are on, and a thousand people write. Every tenth message is
one on which a rule acts: its transaction, with the run and its line in the case, is in the figure.
"""

import time

import msgspec

from bench.bar import Figure
from bench.desk import InboundDesk, inbound_desk
from bench.events import message
from core.capabilities import Capabilities
from core.ids import RemotePlace
from core.messages import MessageReceived, Place
from router.services.automation import keeping
from router.services.automation.actions import Tools
from router.services.automation.following import BATCH, Follower
from router.services.automation.shapes import NewRule
from router.services.automation.terms import Definition
from router.services.callers import Caller
from router.services.keyring import Keyring
from router.services.outbound.automatic import Voice
from router.services.roles import EVERY_CLASS, PERMISSIONS, Role
from router.storage.engine import Database
from router.storage.outbox_numbering import claim, number

RULES = 100
EVENTS = 1_000
EVERY = 10
PER_ACCEPT = 100


async def measure(server_url: str, number: int) -> list[Figure]:
    async with inbound_desk(server_url) as desk:
        await _keep_rules(desk.database)
        voice = Voice(keyring=Keyring("bench"), capabilities_of=lambda _: Capabilities())
        follower = Follower(desk.database, Tools(voice=voice))
        found = await follower.on()
        await _write(desk)
        while (await follower.follow([], limit=EVENTS)).is_behind:
            pass  # what the desk began with
        await _write(desk, turn=1)
        events, runs, begun = 0, 0, time.process_time()
        while True:
            done = await follower.follow(found)
            events, runs = events + done.read, runs + done.runs
            if not done.is_behind:
                break
        took = time.process_time() - begun
    assert len(found) == RULES
    assert events >= EVENTS
    assert runs == EVENTS // EVERY
    return [
        Figure(
            bar="B18",
            what="rules, for each event and rule",
            value=took * 1_000_000 / events / RULES,
            unit="µs",
            must=200,
            is_ceiling=True,
        )
    ]


async def _keep_rules(database: Database) -> None:
    async with database.transaction() as work:
        agent = await work.driver.fetchval(
            "insert into agents (email, name, role, created_at)"
            " values ('rules@desk.invalid', 'Rules', 'admin', $1) returning id",
            work.now(),
        )
    caller = Caller(
        agent_id=int(agent),
        name="Rules",
        role=Role.ADMIN,
        permissions=PERMISSIONS[Role.ADMIN],
        team_ids=frozenset(),
        access_classes=EVERY_CLASS,
    )
    for at in range(RULES):
        new = NewRule(name=f"Rule {at}", definition=_definition(at))
        saved = await keeping.save_rule(database, caller, None, new)
        await keeping.switch_rule(database, caller, saved.rule.id, is_on=True)


def _definition(at: int) -> Definition:
    words = ["passkey"] if at == 0 else [f"word{at}", f"two words {at}", f"begin{at}*"]
    return msgspec.convert(
        {
            "when": {"kind": "happened", "on": "person_wrote"},
            "condition": {
                "kind": "all",
                "parts": [
                    {
                        "kind": "test",
                        "field": "message.text",
                        "op": "contains_any",
                        "value": words,
                    },
                    {"kind": "test", "field": "case.priority", "op": "at_least", "value": 2},
                    {
                        "kind": "not",
                        "part": {
                            "kind": "test",
                            "field": "person.language",
                            "op": "is",
                            "value": ["ru"],
                        },
                    },
                ],
            },
            "then": [{"do": "prioritise", "priority": 1}],
        },
        Definition,
    )


async def _write(desk: InboundDesk, turn: int = 0) -> None:
    said = [_said(at, turn) for at in range(EVENTS)]
    for start in range(0, EVENTS, PER_ACCEPT):
        await desk.sink.accept(said[start : start + PER_ACCEPT])
    async with desk.database.transaction() as work:
        await claim(work, 1)
        while (await number(work, 1, limit=BATCH))[1]:
            pass


def _said(at: int, turn: int) -> MessageReceived:
    event = message(at, run=f"rules {turn}")
    who = f"person {at}"
    text = "I lost my passkey" if at % EVERY == 0 else "Good morning to all of you there"
    return msgspec.structs.replace(
        event,
        text=text,
        place=Place(remote=RemotePlace(who)),
        sender=msgspec.structs.replace(event.sender, handle=who, shown_as=who),
    )
