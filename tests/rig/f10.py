"""F10: a mailbox that forgets its numbers, a line that goes silent, days of backlog, poison.

Times are scaled: IDLE is renewed after 5 s instead of 240, so a silent line that is noticed within
60 s here is noticed within five minutes with the settings as they come.
"""

from __future__ import annotations

import time
from random import Random

from tests.rig.checker import check_inbound, settled_record
from tests.rig.dovecot import Mailbox
from tests.rig.feed_watch import FeedWatch
from tests.rig.ground import Ground
from tests.rig.imap_boxes import BILLING, DESK, ImapBoxes
from tests.rig.kills import Kills, judge_serving
from tests.rig.load import Numbers
from tests.rig.mailbox import address_of, mail_of
from tests.rig.options import Options
from tests.rig.planted import program
from tests.rig.product import PRODUCT
from tests.rig.tokens import tokens_in
from tests.rig.verdict import Verdict

POINTS = ("after_fetch", "before_commit", "after_commit", "before_ack")
PASSES = (1, 30)
"""A point is passed once for each batch of ten mails."""
SILENCE_LIMIT_S = 60.0
COMING_LIMIT_S = 60.0
SLOWEST = 5.0
"""Mails a second of a backlog, on a machine that does much else."""
POISON_EVERY = 250
POISONER = "poison"
Mails = list[tuple[str, bytes]]


async def prove(options: Options) -> Verdict:
    verdict = Verdict(
        id="F10",
        seed=options.seed,
        load=f"two mailboxes on Dovecot, {options.mails} mails after an outage, "
        f"{options.kills} kills",
    )
    async with Ground(
        seed=options.seed,
        program=program(options.bug) if options.bug else PRODUCT,
        is_embedded=options.is_embedded,
    ) as ground:
        boxes = ImapBoxes(ground.folder / "imap", ground.ledger)
        await boxes.start()
        try:
            await _Trial(ground, boxes, options, verdict).run()
        finally:
            await ground.product.stop()
            await boxes.stop()
    return verdict


class _Trial:
    def __init__(
        self, ground: Ground, boxes: ImapBoxes, options: Options, verdict: Verdict
    ) -> None:
        self._ground = ground
        self._boxes = boxes
        self._options = options
        self._verdict = verdict
        self._numbers = Numbers()
        self._authors = [f"m{number:02}" for number in range(1, options.authors + 1)]
        self._watch = FeedWatch(ground.owner)
        self._poisoned = 0

    async def run(self) -> None:
        for mailbox in (DESK, BILLING):
            config = self._boxes.account_config(mailbox)
            await self._ground.owner.add_account("email", mailbox.address, config)
        self._ground.spawn(self._watch.run())
        await self._same_message_id_in_two_mailboxes()
        await self._silent_line()
        await self._deleted_and_put_back()
        await self._numbered_anew()
        await self._outage()
        await self._judge()

    async def _same_message_id_in_two_mailboxes(self) -> None:
        """And once before, as a stranger's guess of it (A14)."""
        guess, genuine, other = (self._numbers.next(who) for who in ("g01", "m01", "b01"))
        message_id = b"<the-same@people.example>"
        forged = _with_id(mail_of("g01", guess), guess, message_id)
        await self._put(DESK, [(guess, forged)])
        await self._put(DESK, [(genuine, _with_id(mail_of("m01", genuine), genuine, message_id))])
        await self._put(BILLING, [(other, _with_id(mail_of("b01", other), other, message_id))])
        await self._come([guess, genuine, other], "of the same Message-ID")

    async def _silent_line(self) -> None:
        self._verdict.require(self._boxes.line.freeze() >= 2, "no line was open to go silent")
        mails = self._mails(5)
        await self._put(DESK, mails)
        began = time.monotonic()
        await self._come([word for word, _ in mails], "behind a silent line", SILENCE_LIMIT_S)
        self._verdict.more["silence_noticed_s"] = round(time.monotonic() - began, 1)

    async def _deleted_and_put_back(self) -> None:
        """Deleted in the inbox it stays here, and comes no second time when it is put back."""
        mails = self._mails(5)
        await self._put(DESK, mails)
        await self._come([word for word, _ in mails], "before they are deleted")
        await self._boxes.delete_all(DESK)
        await self._ground.product.kill()
        await self._boxes.put(DESK, [("", raw) for _, raw in mails])
        await self._serve()
        more = self._mails(1)
        await self._put(DESK, more)
        await self._come([more[0][0]], "after others were deleted")

    async def _numbered_anew(self) -> None:
        await self._ground.product.kill()
        await self._boxes.renumber(DESK)
        mails = self._mails(5)
        await self._put(DESK, mails)
        await self._serve()
        await self._come([word for word, _ in mails], "after UIDs were given anew")

    async def _outage(self) -> None:
        await self._ground.product.kill()
        mails = self._mails(self._options.mails)
        for place in range(0, len(mails), POISON_EVERY):
            mails.insert(place, ("", _poison(self._poisoned)))
            self._poisoned += 1
        await self._put(DESK, mails)
        await self._serve()
        began = time.time()
        kills = Kills(
            self._ground.product,
            Random(self._options.seed),
            self._options.failpoints or POINTS,
            until_flowing=self._watch.until_flowing,
            passes=PASSES,
        )
        if self._options.kills:
            judge_serving(self._verdict, await kills.run(self._options.kills))
        words = [word for word, _ in mails if word]
        limit_s = COMING_LIMIT_S + self._options.mails / SLOWEST
        await self._come(words, "of the outage", limit_s)
        took = max((self._watch.seen.get(word, began) for word in words), default=began) - began
        self._verdict.more["backlog_s"] = round(took, 1)

    async def _judge(self) -> None:
        ground, verdict = self._ground, self._verdict
        shown = await settled_record(ground.owner, ground.ledger, patience_s=self._options.patience)
        found = check_inbound(ground.ledger, shown)
        verdict.accepted = len(ground.ledger.tokens("accepted"))
        verdict.lost = len(found.lost)
        verdict.duplicates = len(found.duplicates)
        verdict.inversions = len(found.inversions)
        verdict.rss_mib = round(ground.rss_mib, 1)
        verdict.require(not found.lost, f"lost: {found.lost[:5]}")
        verdict.require(not found.duplicates, f"twice: {found.duplicates[:5]}")
        verdict.require(not found.inversions, f"out of order: {found.inversions[:5]}")
        visible = await self._poison_shown()
        verdict.more["poison_shown"] = visible
        verdict.require(
            visible == self._poisoned, f"{visible} of {self._poisoned} poisoned mails are shown"
        )

    async def _poison_shown(self) -> int:
        """What has none of our words: read in part, or a placeholder."""
        owner = self._ground.owner
        count = 0
        for person_id in await owner.conversation_ids():
            messages = await owner.messages(person_id)
            count += sum(not tokens_in(message["text"]) for message in messages)
        return count

    def _mails(self, count: int) -> Mails:
        mails = []
        for number in range(count):
            author = self._authors[number % len(self._authors)]
            word = self._numbers.next(author)
            mails.append((word, mail_of(author, word)))
        return mails

    async def _put(self, mailbox: Mailbox, mails: Mails) -> None:
        await self._boxes.put(mailbox, mails)

    async def _serve(self) -> None:
        await self._ground.product.start()
        await self._ground.product.until_ready()

    async def _come(self, words: list[str], what: str, limit_s: float = COMING_LIMIT_S) -> None:
        await self._watch.until_seen(words, limit_s)
        missing = [word for word in words if word not in self._watch.seen]
        self._verdict.require(not missing, f"mails {what} did not come: {missing[:5]}")


def _with_id(raw: bytes, word: str, message_id: bytes) -> bytes:
    return raw.replace(f"<{word}@people.example>".encode(), message_id)


def _poison(number: int) -> bytes:
    """More parts than any mail has."""
    head = (
        f"From: {address_of(POISONER)}\r\nSubject: poison {number}\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    )
    return head.encode() + b"--b\r\n\r\n" * 5000
