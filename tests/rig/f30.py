"""F30: after every action, a page that only followed the feed shows what a fresh fetch would."""

from __future__ import annotations

import asyncio
import copy
import time
from random import Random
from typing import Any

from tests.rig.agent import AgentClient
from tests.rig.f30_actions import ACTIONS, Stage
from tests.rig.ground import Ground
from tests.rig.options import Options
from tests.rig.page import Page, differences, fetch
from tests.rig.verdict import Verdict

CONVERGED_LIMIT_S = 6.0
"""Longer than any poll of the product. What differs then differs for good."""
PEOPLE = 3
EXPECTED_KINDS = frozenset(
    {
        *("message.created", "delivery.changed", "case.changed", "person.changed"),
        *("person.merged", "person.split", "read.changed", "account.changed"),
    }
)


async def prove(options: Options) -> Verdict:
    random = Random(options.seed)
    verdict = Verdict(
        id="F30", seed=options.seed, load=f"{options.actions} actions of 2 agents and 6 people"
    )
    async with Ground(seed=options.seed) as ground:
        stage = await _set(ground, random)
        pages = [Page(agent) for agent in stage.agents]
        for page in pages:
            await page.open()
            ground.spawn(page.follow())
        slowest = 0.0
        for number in range(options.actions):
            name = random.choice(sorted(ACTIONS))
            if not await ACTIONS[name](stage):
                continue  # there was nothing to do it to
            verdict.accepted += 1
            for page, agent in zip(pages, stage.agents, strict=True):
                seconds, found = await _converge(page, agent)
                slowest = max(slowest, seconds)
                verdict.require(not found, f"#{number} {name}, {agent.mail}: {found[:4]}")
                if found:  # told once; the next action begins from what is true
                    page.shown = await fetch(agent)
        verdict.rss_mib = round(ground.rss_mib, 1)
        verdict.recovery_s = round(slowest, 2)
        kinds = set.union(*(page.kinds for page in pages))
        verdict.more["events"] = sum(page.events for page in pages)
        verdict.more["kinds"] = sorted(kinds)
        verdict.require(not any(page.resets for page in pages), "a feed was reset")
        verdict.require(not any(page.went_back for page in pages), "a feed went back")
        if options.actions >= Options().actions:
            missing = sorted(EXPECTED_KINDS - kinds)
            verdict.require(not missing, f"nothing was told of {missing}: the actions are too few")
    return verdict


async def _set(ground: Ground, random: Random) -> Stage:
    mail = await ground.add_mail()
    chat = await ground.add_chat([f"v{number:02}" for number in range(1, PEOPLE + 1)])
    other = await ground.owner.invite("Bo", "bo@desk.example", role="supervisor")
    stage = Stage(
        ground=ground,
        random=random,
        agents=[ground.owner, other],
        authors=[f"m{number:02}" for number in range(1, PEOPLE + 1)],
        accounts=[mail["id"], chat["id"]],
    )
    await stage.begin()
    return stage


async def _converge(page: Page, agent: AgentClient) -> tuple[float, list[str]]:
    """Seconds until page and fetch were alike, and what still differs when time is up."""
    began = time.monotonic()
    while True:
        fresh: Any = await fetch(agent)
        shown = copy.deepcopy(page.shown)
        found = [
            one
            for part in ("rows", "persons", "cases", "messages", "accounts")
            for one in differences(getattr(shown, part), getattr(fresh, part), part)
        ]
        waited = time.monotonic() - began
        if not found or waited > CONVERGED_LIMIT_S:
            return waited, found
        await asyncio.sleep(0.1)
