"""F08: the outgoing server hangs, at each step in turn. Everybody else is answered as before."""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.rig.answers import Answers
from tests.rig.f02 import meet
from tests.rig.ground import Ground
from tests.rig.load import Numbers
from tests.rig.options import Options
from tests.rig.planted import program
from tests.rig.product import PRODUCT, starved_s
from tests.rig.smtp_script import BEFORE_MAIL, HANG, HANG_TAKEN, STEPS, ScriptSink
from tests.rig.verdict import Verdict

PATIENCE_S = 3
"""What the account allows the server for one answer; a minute and ten by default."""
ROUNDS = 5
NOISE_S = 1.0
"""Below it a difference says more of the machine than of the product: a hang lasts three."""
OUTCOMES = {"dot": ("unknown",), "body": ("sent", "unknown")}
"""Of a short mail the dot may be on its way when the server stops reading in the middle of it."""


async def prove(options: Options) -> Verdict:
    verdict = Verdict(id="F08", seed=options.seed, load=f"a hang at each of {', '.join(STEPS)}")
    ground = Ground(seed=options.seed, program=program(options.bug) if options.bug else PRODUCT)
    sink = ScriptSink(ground.ledger)
    ground.mailbox.sink = sink  # type: ignore[assignment]  # it is started and stopped alike
    settings = {"smtp_timeout": PATIENCE_S, "smtp_final_timeout": PATIENCE_S}
    victims = {step: f"m{90 + number}" for number, step in enumerate(STEPS)}
    others = ["m01", "m02"]
    async with ground:
        config = ground.mailbox.account_config() | settings
        await ground.owner.add_account("email", "Mail", config)
        await ground.add_chat(["v01", "v02"])
        places = await meet(ground, [*others, *victims.values()])
        answers, numbers = Answers(ground.owner, ground.ledger, places), Numbers()
        everybody = [*others, *(visitor.author for visitor in ground.visitors)]
        usual = await answer_all(answers, everybody, numbers)
        slow: dict[str, list[float]] = {}
        hung: dict[str, str] = {}
        starved = 0.0
        for step, victim in victims.items():
            sink.hung.clear()
            if step in BEFORE_MAIL:
                sink.drop()
                sink.next_connection = step
            else:
                sink.replies[victim][step].append(HANG_TAKEN if step == "dot" else HANG)
            hung[step] = numbers.next(f"r{victim}")
            await answers.write(victim, hung[step])
            async with asyncio.timeout(20):
                await sink.hung.wait()
            before = starved_s(ground.product.pid)
            slow[step] = await answer_all(answers, everybody, numbers)
            starved = max(starved, starved_s(ground.product.pid) - before)
            wanted = OUTCOMES.get(step, ("sent",))
            try:
                await answers.until(hung[step], wanted, 30)
            except AssertionError as error:
                verdict.require(False, f"{step}: {error}")
        await asyncio.sleep(1.0)
        arrived = Counter(ground.ledger.tokens("heard"))
        verdict.accepted = len(ground.ledger.tokens("replied"))
        verdict.duplicates = sum(count - 1 for count in arrived.values())
        for word in hung.values():
            state = [one["state"] for one in await answers.deliveries(word)]
            verdict.uncertain += state == ["unknown"]
            verdict.lost += arrived[word] == 0 and state == ["sent"]
        verdict.require(not verdict.lost, "something is called sent that nobody got")
        verdict.require(not verdict.duplicates, f"twice: {arrived.most_common(3)}")
        together = [one for ones in slow.values() for one in ones]
        p99, p99_usual = at(together, 0.99), at(usual, 0.99)
        verdict.more |= {
            "p99_ms": round(p99 * 1000),
            "usual_p99_ms": round(p99_usual * 1000),
            "starved_ms": round(starved * 1000),
            "longest_ms": {step: round(ones[-1] * 1000) for step, ones in slow.items()},
        }
        expected = len(everybody) * ROUNDS * len(STEPS)
        verdict.require(len(together) == expected, "some did not arrive")
        verdict.require(
            p99 - starved <= max(2 * p99_usual, NOISE_S),
            f"others waited {p99:.2f} s, {starved:.2f} s of them without a processor, and"
            f" {p99_usual:.2f} s without a hang",
        )
    return verdict


async def answer_all(answers: Answers, authors: list[str], numbers: Numbers) -> list[float]:
    """Seconds that each of some answers took to everybody."""
    words = []
    for _ in range(ROUNDS):
        for author in authors:
            words.append(numbers.next(f"r{author}"))
            await answers.write(author, words[-1])
        await asyncio.sleep(0.1)
    for word in words:
        await answers.until(word, ("sent", "delivered", "read"), 15)
    return answers.latencies(words)


def at(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
