"""F09: the outgoing server refuses in every way. Each accepted recipient gets one mail, whole."""

from __future__ import annotations

import asyncio
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.rig.answers import Answers
from tests.rig.f02 import meet
from tests.rig.ground import Ground
from tests.rig.load import Numbers
from tests.rig.mailbox import Mailbox
from tests.rig.options import Options
from tests.rig.smtp_script import RESET, ScriptSink
from tests.rig.verdict import Verdict

FOR_NOW = {
    "m11": ("rcpt", "421 4.3.2 shutting down"),
    "m12": ("rcpt", "450 4.2.0 mailbox busy"),
    "m13": ("rcpt", "452 4.3.1 insufficient system storage"),
    "m14": ("dot", "451 4.3.0 local error"),
    "m15": ("data", "421 4.3.2 shutting down"),
    "m16": ("rcpt", RESET),
}
"""Tried again, and then taken."""
FOR_GOOD = {
    "m21": ("rcpt", "550 5.1.1 no such mailbox"),
    "m22": ("rcpt", "552 5.2.2 mailbox full"),
    "m23": ("dot", "552 5.3.4 too big"),
    "m24": ("dot", "554 5.7.1 looks like spam"),
    "m25": ("data", "554 5.5.1 no valid recipients"),
}
CUT_OFF = "m31"
COPIED = "m41"
SHOWN_WITHIN_S = 5.0
DOTS = [".", "..", "\n.\n", ".\n.", "a\n..b\n.c", "a\n.\nQUIT\n.\nb", " .", "x" * 1200 + "\n."]


async def prove(options: Options) -> Verdict:
    verdict = Verdict(id="F09", seed=options.seed, load="every refusal, and texts full of dots")
    ground = Ground(seed=options.seed)
    sink = ScriptSink(ground.ledger)
    ground.mailbox.sink = sink  # type: ignore[assignment]  # it is started and stopped alike
    stripped = Mailbox(ground.ledger, seed=options.seed + 1)
    stripped.sink = bare = ScriptSink(ground.ledger)  # type: ignore[assignment]  # as above
    authors = [*FOR_NOW, *FOR_GOOD, CUT_OFF, COPIED, "m51"]
    async with ground:
        await ground.add_mail()
        places = await meet(ground, authors)
        answers, numbers = Answers(ground.owner, ground.ledger, places), Numbers()
        words = {author: numbers.next(f"r{author}") for author in authors}
        for author, (step, reply) in [*FOR_NOW.items(), *FOR_GOOD.items()]:
            sink.replies[author][step].append(reply)
        await asyncio.gather(*(answers.write(one, words[one]) for one in FOR_NOW | FOR_GOOD))
        await refused_for_good(verdict, answers, words)
        await refused_for_now(verdict, answers, words)
        await cut_off(verdict, answers, sink, words[CUT_OFF])
        await two_of_three_refused(verdict, answers, sink, words[COPIED])
        await dots(verdict, answers, sink, numbers)
        await stripped.start()
        try:
            await encryption_taken_away(verdict, ground, stripped, bare)
        finally:
            await stripped.stop()
        arrived = Counter((line["by"], line["token"]) for line in ground.ledger.lines("heard"))
        verdict.accepted = len(ground.ledger.tokens("replied"))
        verdict.duplicates = sum(count - 1 for count in arrived.values())
        verdict.require(not verdict.duplicates, f"twice: {arrived.most_common(3)}")
    return verdict


async def refused_for_good(verdict: Verdict, answers: Answers, words: dict[str, str]) -> None:
    slowest = 0.0
    for author, (_, reply) in FOR_GOOD.items():
        slowest = max(slowest, await answers.until(words[author], ("failed",), 30))
        [shown] = await answers.deliveries(words[author])
        verdict.require(reply in shown["reason"], f"{author} is told {shown['reason']!r}")
        verdict.require(shown["attempt"] == 1, f"{author} was tried {shown['attempt']} times")
    verdict.more["refusal_shown_s"] = round(slowest, 2)
    verdict.require(slowest <= SHOWN_WITHIN_S, f"a refusal was shown after {slowest:.1f} s")


async def refused_for_now(verdict: Verdict, answers: Answers, words: dict[str, str]) -> None:
    for author in FOR_NOW:
        await answers.until(words[author], ("sent",), 40)
        [shown] = await answers.deliveries(words[author])
        # A kept connection that broke is replaced within one attempt.
        step, reply = FOR_NOW[author]
        wanted = (1, 2) if step == "rcpt" and reply.startswith((RESET, "421")) else (2,)
        verdict.require(shown["attempt"] in wanted, f"{author} was tried {shown['attempt']} times")


async def cut_off(verdict: Verdict, answers: Answers, sink: ScriptSink, word: str) -> None:
    """The line breaks in the middle of the content: known to be unsent, or marked as unknown."""
    sink.replies[CUT_OFF]["body"].append(RESET)
    await answers.write(CUT_OFF, word)
    await answers.until(word, ("sent", "unknown"), 40)
    [shown] = await answers.deliveries(word)
    verdict.uncertain += shown["state"] == "unknown"


async def two_of_three_refused(
    verdict: Verdict, answers: Answers, sink: ScriptSink, word: str
) -> None:
    """One recipient and two copies; both copies are refused, one of them for now."""
    sink.replies["gone"]["rcpt"].append("550 5.1.1 no such mailbox")
    sink.replies["busy"]["rcpt"].append("451 4.3.0 later")
    copies = [{"address": f"{name}@people.example"} for name in ("gone", "busy")]
    await answers.write(COPIED, word, copies=copies)
    await answers.until(word, ("sent", "failed"), 40)
    states = {one["copy_to"]: one["state"] for one in await answers.deliveries(word)}
    verdict.require(
        states == {"": "sent", "gone@people.example": "failed", "busy@people.example": "sent"},
        f"two of three refused: {states}",
    )
    got = Counter(recipient for recipient, raw in sink.taken if word.encode() in raw)
    verdict.require(got == {COPIED: 1, "busy": 1}, f"they got {got}")


async def dots(verdict: Verdict, answers: Answers, sink: ScriptSink, numbers: Numbers) -> None:
    for text in DOTS:
        word = numbers.next("rm51")
        await answers.write("m51", word, f"\n{text}")
        await answers.until(word, ("sent",), 20)
        [raw] = [raw for _, raw in sink.taken if word.encode() in raw]
        mail = message_from_bytes(raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("plain",))
        assert body is not None
        said = body.get_content().replace("\r\n", "\n").rstrip("\n")
        verdict.require(said == f"{word} \n{text}".rstrip(), f"{text!r} became {said!r}")


async def encryption_taken_away(
    verdict: Verdict, ground: Ground, mailbox: Mailbox, bare: ScriptSink
) -> None:
    """STARTTLS is wanted and not offered: no login and no mail is said in the clear."""
    config = mailbox.account_config() | {"smtp_security": "starttls"}
    account = await ground.owner.add_account("email", "Stripped", config)
    for _ in range(150):
        paused = await state_of(ground, account["id"])
        if paused["state"] == "paused":
            break
        await asyncio.sleep(0.2)
    verdict.require("STARTTLS" in paused["paused_reason"], f"ops are told {paused}")
    said = {"AUTH", "MAIL", "RCPT", "DATA"} & set(bare.verbs)
    verdict.require(not said, f"said in the clear: {said}")


async def state_of(ground: Ground, account_id: int) -> dict[str, str]:
    found = await ground.owner.get_answer("GET", "/accounts")
    [state] = [one for one in found["accounts"] if one["id"] == account_id]
    return dict(state)
