"""What people and agents do in F30. Each says whether there was anything to do it to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.rig.agent import AgentClient
from tests.rig.checker import settled_record
from tests.rig.ground import Ground
from tests.rig.load import Numbers
from tests.rig.smtp_sink import Answer
from tests.rig.tokens import number_of

STATES = ("open", "waiting", "solved")
REFUSED_EVERY = 3
"""Every so many-th mail of the desk is refused for ever: there must be something to decide."""


@dataclass(slots=True)
class Stage:
    ground: Ground
    random: Random
    agents: list[AgentClient]
    authors: list[str]
    accounts: list[int]
    numbers: Numbers = field(default_factory=Numbers)
    merges: list[int] = field(default_factory=list)
    """Those in force, oldest first."""

    async def begin(self) -> None:
        """Everybody has written once."""
        sink = self.ground.mailbox.sink
        sink.script = lambda word: (
            Answer.REFUSE if word and number_of(word) % REFUSED_EVERY == 0 else Answer.TAKE
        )
        for author in self.authors:
            await self.ground.mailbox.deliver(author, self.numbers.next(author))
        for visitor in self.ground.visitors:
            await visitor.say(self.numbers.next(visitor.author))
        await settled_record(self.ground.owner, self.ground.ledger)

    @property
    def agent(self) -> AgentClient:
        return self.random.choice(self.agents)

    async def conversation(self) -> Any:
        [*ids] = await self.ground.owner.conversation_ids()
        chosen = self.random.choice(sorted(ids))
        return await self.ground.owner.get_answer("GET", f"/conversations/{chosen}")

    async def case(self) -> Any:
        return self.random.choice((await self.conversation())["cases"])

    async def change_case(self, **change: Any) -> bool:
        case = await self.case()
        await self.agent.get_answer("POST", f"/cases/{case['id']}", change)
        return True


async def mail_comes(stage: Stage) -> bool:
    author = stage.random.choice(stage.authors)
    await stage.ground.mailbox.deliver(author, stage.numbers.next(author))
    return True


async def visitor_says(stage: Stage) -> bool:
    visitor = stage.random.choice(stage.ground.visitors)
    await visitor.say(stage.numbers.next(visitor.author))
    return True


async def visitor_reads(stage: Stage) -> bool:
    visitor = stage.random.choice(stage.ground.visitors)
    answers = [seq for seq, message in visitor.seen.items() if not message["is_own"]]
    if not answers:
        return False
    await visitor.has_read(max(answers))
    return True


async def agent_replies(stage: Stage) -> bool:
    conversation = await stage.conversation()
    places = [reach["place_id"] for reach in conversation["reach"] if reach["is_available"]]
    if not places:
        return False
    word = stage.numbers.next("r01")
    await stage.agent.get_answer(
        "POST",
        f"/conversations/{conversation['person']['id']}/messages",
        {
            "client_key": word,
            "kind": "reply",
            "place_id": stage.random.choice(places),
            "text": f"{word} is our answer.",
        },
    )
    return True


async def agent_notes(stage: Stage) -> bool:
    conversation = await stage.conversation()
    word = stage.numbers.next("n01")
    await stage.agent.get_answer(
        "POST",
        f"/conversations/{conversation['person']['id']}/messages",
        {"client_key": word, "kind": "note", "text": f"{word} for us only"},
    )
    return True


async def agent_reads(stage: Stage) -> bool:
    conversation = await stage.conversation()
    last = conversation["row"]["last_message_id"]
    path = f"/conversations/{conversation['person']['id']}/read"
    await stage.agent.get_answer("POST", path, {"message_id": last})
    return True


async def agent_drafts(stage: Stage) -> bool:
    conversation = await stage.conversation()
    text = stage.random.choice(("", "Half a sen"))
    path = f"/conversations/{conversation['person']['id']}/drafts/reply"
    await stage.agent.get_answer("PUT", path, {"text": text, "options": {}})
    return True


async def agent_opens_case(stage: Stage) -> bool:
    conversation = await stage.conversation()
    path = f"/conversations/{conversation['person']['id']}/cases"
    await stage.agent.get_answer("POST", path, {"subject": "Another thing"})
    return True


async def case_moves(stage: Stage) -> bool:
    return await stage.change_case(state=stage.random.choice(STATES))


async def case_is_given(stage: Stage) -> bool:
    owner = stage.random.choice([None, *(agent.agent_id for agent in stage.agents)])
    return await stage.change_case(owner_id=owner)


async def case_is_ranked(stage: Stage) -> bool:
    return await stage.change_case(priority=stage.random.randint(1, 4))


async def person_is_named(stage: Stage) -> bool:
    conversation = await stage.conversation()
    name = f"Person {stage.random.randint(1, 99)}"
    path = f"/persons/{conversation['person']['id']}"
    await stage.agent.get_answer("PATCH", path, {"display_name": name})
    return True


async def persons_are_merged(stage: Stage) -> bool:
    ids = sorted(await stage.ground.owner.conversation_ids())
    if len(ids) < 3:
        return False
    loser, winner = stage.random.sample(ids, 2)
    body = {"into": winner, "reason": "Said so on the phone."}
    merge = await stage.agent.get_answer("POST", f"/persons/{loser}/merge", body)
    stage.merges.append(merge["id"])
    return True


async def merge_is_undone(stage: Stage) -> bool:
    if not stage.merges:
        return False
    merge = stage.merges.pop(stage.random.randrange(len(stage.merges)))
    body = {"reason": "It was somebody else."}
    await stage.agent.get_answer("POST", f"/merges/{merge}/undo", body)
    return True


async def delivery_is_decided(stage: Stage) -> bool:
    for person_id in await stage.ground.owner.conversation_ids():
        for message in await stage.ground.owner.messages(person_id):
            for delivery in message["deliveries"]:
                if delivery["state"] in ("failed", "unknown"):
                    action = stage.random.choice(("resend", "drop", "mark_sent"))
                    path = f"/deliveries/{delivery['id']}/decision"
                    # The owner: not every role may decide.
                    await stage.ground.owner.get_answer("POST", path, {"action": action})
                    return True
    return False


async def account_is_paused_and_resumed(stage: Stage) -> bool:
    account = stage.random.choice(stage.accounts)
    owner = stage.ground.owner
    await owner.get_answer("POST", f"/accounts/{account}/pause", {"reason": "A moment."})
    await owner.get_answer("POST", f"/accounts/{account}/resume")
    return True


ACTIONS: dict[str, Callable[[Stage], Awaitable[bool]]] = {
    action.__name__: action
    for action in (
        mail_comes,
        visitor_says,
        visitor_reads,
        agent_replies,
        agent_notes,
        agent_reads,
        agent_drafts,
        agent_opens_case,
        case_moves,
        case_is_given,
        case_is_ranked,
        person_is_named,
        persons_are_merged,
        merge_is_undone,
        delivery_is_decided,
        account_is_paused_and_resumed,
    )
}
