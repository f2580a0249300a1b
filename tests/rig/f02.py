"""F02: killed while agents answer. Each answer arrives once, or says that nobody knows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.rig.agent import AgentClient
from tests.rig.checker import Findings, Shown, check_outbound, settled_record
from tests.rig.ground import Ground
from tests.rig.kills import Kills, judge_serving
from tests.rig.load import Numbers, Pace, answer
from tests.rig.options import Options
from tests.rig.planted import program
from tests.rig.product import PRODUCT
from tests.rig.tokens import author_of
from tests.rig.verdict import Verdict

POINTS = ("before_send", "after_send", "before_mark")
LAST_STRETCH_S = 1.0


async def prove(options: Options) -> Verdict:
    random = Random(options.seed)
    channels = options.channel_names
    people = options.authors // 2
    count = 2 * people + (len(channels) - 2) * options.authors
    authors = [f"m{number:02}" for number in range(1, people + 1)]
    visitors = [f"v{number:02}" for number in range(1, people + 1)]
    verdict = Verdict(
        id="F02",
        seed=options.seed,
        load=f"{options.replies:g} replies/s to {count} people on "
        f"{', '.join(channels)}, {options.kills} kills",
    )
    async with Ground(
        seed=options.seed, program=program(options.bug) if options.bug else PRODUCT
    ) as ground:
        await ground.add_mail()
        await ground.add_chat(visitors)
        await ground.add_messengers(channels)
        # Twice as many there: a chat takes one message a second, and a backlog must drain.
        places = await meet(ground, authors, options.authors)
        stop, numbers = asyncio.Event(), Numbers()
        async with asyncio.TaskGroup() as agents:
            for author, (person_id, place_id) in places.items():
                pace = Pace(options.replies / len(places), random.random())
                agents.create_task(
                    answer(
                        ground.owner,
                        ground.ledger,
                        f"r{author}",
                        person_id,
                        place_id,
                        numbers,
                        pace,
                        stop,
                    )
                )
            await asyncio.sleep(LAST_STRETCH_S)
            strikes = await Kills(ground.product, random, options.failpoints or POINTS).run(
                options.kills
            )
            await asyncio.sleep(LAST_STRETCH_S)
            stop.set()
        shown = await settled_record(ground.owner, ground.ledger)
        for visitor in ground.visitors:
            await visitor.catch_up()
        found = check_outbound(ground.ledger, shown)
        judge(verdict, ground, found)
        judge_serving(verdict, strikes)
        judge_networks(verdict, ground, found, shown, options.kills)
        if not options.bug:
            await settle_by_hand(verdict, ground, shown)
    return verdict


IN_FLIGHT = {"rm": 3, "rt": 16}
"""So many messages the connector has under way at once: no kill can make more of them uncertain.
Of who is not named none may be: the widget is ourselves, and Discord knows a repetition."""
KNOWN_AGAIN_S = {"rd": 55.0}
"""For so long Discord surely does once its answer has come too; a machine that has no time may take
longer between two tries."""


async def meet(
    ground: Ground, authors: Sequence[str], people: int = 0
) -> dict[str, tuple[int, int]]:
    """Everybody has written once; for each the conversation and the place to answer in.

    `people`: on each of the messengers that the ground has.
    """
    numbers = Numbers()
    for author in authors:
        await ground.mailbox.deliver(author, numbers.next(author))
    for visitor in ground.visitors:
        await visitor.say(numbers.next(visitor.author))
    for messenger in ground.messengers:
        for number in range(1, people + 1):
            author = f"{messenger.letter}{number:02}"
            await messenger.say(author, numbers.next(author))
    shown = await settled_record(ground.owner, ground.ledger)
    places = {}
    for one in shown:
        conversation = await ground.owner.get_answer("GET", f"/conversations/{one.person_id}")
        [reach] = [each for each in conversation["reach"] if each["is_default"]]
        places[author_of(one.word)] = (one.person_id, reach["place_id"])
    return places


def judge(verdict: Verdict, ground: Ground, found: Findings) -> None:
    verdict.accepted = len(ground.ledger.tokens("replied"))
    verdict.lost = len(found.lost)
    verdict.duplicates = len(found.duplicates)
    verdict.inversions = len(found.inversions)
    verdict.uncertain = len(found.uncertain)
    verdict.rss_mib = round(ground.rss_mib, 1)
    verdict.require(not found.lost, f"lost: {found.lost[:5]}")
    verdict.require(not found.duplicates, f"unmarked duplicates: {found.duplicates[:5]}")
    verdict.require(not found.inversions, f"out of order: {found.inversions[:5]}")


def judge_networks(
    verdict: Verdict, ground: Ground, found: Findings, shown: Sequence[Shown], kills: int
) -> None:
    """What may be uncertain, and what may arrive twice if it is marked so, network by network."""
    times = Counter(ground.ledger.tokens("heard"))
    replied = {line["token"]: line["at"] for line in ground.ledger.lines("replied")}
    took_s = {one.word: one.state_at - replied.get(one.word, one.state_at) for one in shown}
    for way in ("rv", "rd", "rm", "rt"):
        uncertain = [word for word in found.uncertain if word.startswith(way)]
        twice = [word for word, count in times.items() if count > 1 and word.startswith(way)]
        verdict.more[f"uncertain_{way}"], verdict.more[f"twice_{way}"] = len(uncertain), len(twice)
        most = kills * IN_FLIGHT.get(way, 0)
        if way in KNOWN_AGAIN_S:
            late = [word for word in uncertain if took_s[word] > KNOWN_AGAIN_S[way]]
            verdict.more[f"late_{way}"] = len(late)
            uncertain = [word for word in uncertain if word not in late]
        verdict.require(
            len(uncertain) <= most, f"{len(uncertain)} uncertain, not {most}: {uncertain[:5]}"
        )
        allowed = kills if most else 0
        verdict.require(len(twice) <= allowed, f"{len(twice)} twice, not {allowed}: {twice[:5]}")


async def settle_by_hand(verdict: Verdict, ground: Ground, shown: Sequence[Shown]) -> None:
    """An agent looks through what is uncertain, as the inbox lets them; then nothing is lost."""
    arrived = set(ground.ledger.tokens("heard"))
    uncertain = [one for one in shown if one.state == "unknown"]
    verdict.more["uncertain_and_sent"] = sum(one.word in arrived for one in uncertain)
    for one in uncertain:
        action = "mark_sent" if one.word in arrived else "resend"
        await decide(ground.owner, one, action)
    shown = await settled_record(ground.owner, ground.ledger)
    arrived = set(ground.ledger.tokens("heard"))
    missing = [word for word in ground.ledger.tokens("replied") if word not in arrived]
    verdict.require(not missing, f"never arrived, resent by hand: {missing[:5]}")
    open_ends = [one.word for one in shown if one.state in ("unknown", "failed")]
    verdict.require(not open_ends, f"still open after the agent decided: {open_ends[:5]}")


async def decide(agent: AgentClient, one: Shown, action: str) -> Any:
    return await agent.get_answer(
        "POST", f"/deliveries/{one.delivery_id}/decision", {"action": action}
    )
