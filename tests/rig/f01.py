"""F01: killed while people write. Whoever was told "taken" finds their message once, in order."""

from __future__ import annotations

import asyncio
import math
import time
from random import Random

from tests.rig.checker import check_inbound, settled_record
from tests.rig.feed_watch import FeedWatch
from tests.rig.ground import Ground
from tests.rig.kills import Kills, Strike, judge_serving
from tests.rig.load import Numbers, Pace, chat, write_mails, write_to_bot
from tests.rig.options import Options
from tests.rig.planted import program
from tests.rig.product import PRODUCT
from tests.rig.tokens import token
from tests.rig.verdict import Verdict

POINTS = ("after_fetch", "before_commit", "after_commit", "before_ack")
RESUMED_LIMIT_S = 30.0
WARM_UP_S = 2.0


async def prove(options: Options) -> Verdict:
    random = Random(options.seed)
    authors = [f"m{number:02}" for number in range(1, options.authors + 1)]
    visitors = [f"v{number:02}" for number in range(1, options.authors + 1)]
    channels = options.channel_names
    rate = options.rate / len(channels)
    verdict = Verdict(
        id="F01",
        seed=options.seed,
        load=f"{rate:g} messages/s on each of {', '.join(channels)} of "
        f"{len(channels) * options.authors} people, {options.kills} kills",
    )
    async with Ground(
        seed=options.seed,
        program=program(options.bug) if options.bug else PRODUCT,
        is_embedded=options.is_embedded,
    ) as ground:
        await ground.add_mail()
        await ground.add_chat(visitors)
        await ground.add_messengers(channels)
        known = {
            messenger: [f"{messenger.letter}{n:02}" for n in range(1, options.authors + 1)]
            for messenger in ground.messengers
        }
        watch = FeedWatch(ground.owner, ["m", *(one.letter for one in known)])
        ground.spawn(watch.run())
        stop, numbers = asyncio.Event(), Numbers()
        began = time.monotonic()
        async with asyncio.TaskGroup() as people:
            pace = Pace(rate, random.random())
            people.create_task(write_mails(ground.mailbox, authors, numbers, pace, stop))
            for visitor in ground.visitors:
                pace = Pace(rate / options.authors, random.random())
                people.create_task(chat(visitor, numbers, pace, stop))
            for messenger, names in known.items():
                pace = Pace(rate, random.random())
                people.create_task(write_to_bot(messenger, names, numbers, pace, stop))
            await asyncio.sleep(WARM_UP_S)
            # A chat that was never heard of is in no list from which it could be read later.
            first = [token(name, 1) for names in known.values() for name in names]
            await watch.until_seen(first)
            kills = Kills(
                ground.product,
                random,
                options.failpoints or POINTS,
                until_flowing=watch.until_flowing,
                only_points=bool(options.failpoints),
            )
            strikes = await kills.run(options.kills)
            await watch.until_flowing(strikes[-1].at)
            stop.set()
        lasted = time.monotonic() - began
        shown = await settled_record(ground.owner, ground.ledger, patience_s=options.patience)
        await watch.until_seen([one.word for one in shown])
        found = check_inbound(ground.ledger, shown)
        verdict.accepted = len(ground.ledger.tokens("accepted"))
        verdict.lost = len(found.lost)
        verdict.duplicates = len(found.duplicates)
        verdict.inversions = len(found.inversions)
        verdict.rss_mib = round(ground.rss_mib, 1)
        verdict.more["per_second"] = round(verdict.accepted / lasted, 1)
        verdict.more["scattered"] = len(found.scattered)
        verdict.require(not found.lost, f"lost: {found.lost[:5]}")
        verdict.require(not found.duplicates, f"twice: {found.duplicates[:5]}")
        verdict.require(not found.inversions, f"out of order: {found.inversions[:5]}")
        verdict.require(not found.scattered, f"in two conversations: {found.scattered[:5]}")
        judge_serving(verdict, strikes)
        judge_resumed(verdict, strikes, watch)
        judge_feed(verdict, watch, ground.ledger.tokens("accepted"))
    return verdict


def judge_resumed(verdict: Verdict, strikes: list[Strike], watch: FeedWatch) -> None:
    """D8, the second half: mailbox and bots are read again.

    The last life is always long enough to see it; of the others those count in which it happened
    before the next kill. What the product waited for a processor until it served is left out.
    """
    ends = [strike.at for strike in strikes[1:]] + [math.inf]
    gaps = [
        gap - strike.starved_s
        for strike, end in zip(strikes, ends, strict=True)
        if (gap := watch.resumed_after(strike.at)) is not None and strike.at + gap < end
    ]
    verdict.more["resumed_s"] = round(max(gaps, default=math.inf), 2)
    verdict.more["resumed_times"] = len(gaps)
    verdict.require(
        verdict.more["resumed_s"] <= RESUMED_LIMIT_S,
        f"a channel was read again only after {verdict.more['resumed_s']} s",
    )


def judge_feed(verdict: Verdict, watch: FeedWatch, words: list[str]) -> None:
    """An agent whose page was open all the time was told of everything, in the feed's order."""
    missed = [word for word in words if word not in watch.seen]
    verdict.more["missed_by_feed"] = len(missed)
    verdict.require(not missed, f"the feed never told of: {missed[:5]}")
    verdict.require(not watch.went_back, f"the feed went back: {watch.went_back[:5]}")
