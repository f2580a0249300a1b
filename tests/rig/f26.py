"""F26: many processes, many conversations, both ways at once. All words keep their order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from tests.rig.agent import AgentClient
from tests.rig.checker import check_inbound, check_outbound, settled_record
from tests.rig.f02 import meet
from tests.rig.ground import Ground
from tests.rig.load import Numbers
from tests.rig.options import Options
from tests.rig.verdict import Verdict
from tests.rig.visitor import Visitor

MAIL_SHARE = 4
"""Every so many-th conversation is by mail: one mailbox is one stream, whoever reads it."""


async def prove(options: Options) -> Verdict:
    random = Random(options.seed)
    mails = max(1, options.conversations // MAIL_SHARE)
    authors = [f"m{number:04}" for number in range(1, mails + 1)]
    visitors = [f"v{number:04}" for number in range(1, options.conversations - mails + 1)]
    verdict = Verdict(
        id="F26",
        seed=options.seed,
        load=f"{options.conversations} conversations x {options.messages} messages each way, "
        f"{options.workers} processes",
    )
    async with Ground(seed=options.seed, processes=options.workers) as ground:
        await ground.add_mail()
        await ground.add_chat(visitors)
        places = await meet(ground, authors)
        agents = [replace(ground.owner, url=product.url) for product in ground.products]
        numbers = Numbers()
        for author in places:
            numbers.next(author)  # with the first they met
        async with asyncio.TaskGroup() as everybody:
            everybody.create_task(write_all(ground, authors, numbers, options.messages, random))
            for visitor in ground.visitors:
                everybody.create_task(say_all(visitor, numbers, options.messages))
            for author, (person_id, place_id) in places.items():
                everybody.create_task(
                    answer_all(ground, agents, author, person_id, place_id, options.messages)
                )
        shown = await settled_record(ground.owner, ground.ledger)
        for visitor in ground.visitors:
            await visitor.catch_up()
        inward, outward = check_inbound(ground.ledger, shown), check_outbound(ground.ledger, shown)
        lost = inward.lost + outward.lost
        duplicates = inward.duplicates + outward.duplicates
        turned = inward.inversions + outward.inversions
        verdict.accepted = len(ground.ledger.tokens("accepted")) + len(
            ground.ledger.tokens("replied")
        )
        verdict.lost, verdict.duplicates = len(lost), len(duplicates)
        verdict.inversions, verdict.uncertain = len(turned), len(outward.uncertain)
        verdict.rss_mib = round(ground.rss_mib, 1)
        verdict.require(not lost, f"lost: {lost[:5]}")
        verdict.require(not duplicates, f"twice: {duplicates[:5]}")
        verdict.require(not turned, f"out of order: {turned[:5]}")
        verdict.require(not outward.uncertain, f"uncertain: {outward.uncertain[:5]}")
        verdict.require(not inward.scattered, f"in two conversations: {inward.scattered[:5]}")
        served = [product for product in ground.products if "request.answered" in product.log()]
        verdict.more["processes_that_served"] = len(served)
        verdict.require(len(served) == options.workers, "not every process had a part in it")
    return verdict


async def write_all(
    ground: Ground, authors: Sequence[str], numbers: Numbers, count: int, random: Random
) -> None:
    """Everybody's mails, mixed, each one's in order."""
    queue = [author for author in authors for _ in range(count)]
    random.shuffle(queue)
    for author in queue:
        await ground.mailbox.deliver(author, numbers.next(author))
        await asyncio.sleep(0)


async def say_all(visitor: Visitor, numbers: Numbers, count: int) -> None:
    """One after the other, each to the next process."""
    for _ in range(count):
        await visitor.say(numbers.next(visitor.author))


async def answer_all(
    ground: Ground,
    agents: Sequence[AgentClient],
    author: str,
    person_id: int,
    place_id: int,
    count: int,
) -> None:
    """One after the other, each by the next process."""
    numbers = Numbers()
    for number in range(count):
        word = numbers.next(f"r{author}")
        body = {
            "client_key": word,
            "kind": "reply",
            "place_id": place_id,
            "text": f"{word} is our answer.",
        }
        agent = agents[(person_id + number) % len(agents)]
        made = await agent.get_answer("POST", f"/conversations/{person_id}/messages", body)
        ground.ledger.note("replied", word, by=author, message=made["id"])
