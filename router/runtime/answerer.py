"""Answers all cases of incidents, everywhere by one process at a time.

What it needs is imported when there is something to answer: most processes never do.
"""

import time

import structlog

from router.runtime.faults import where
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.rounds import run_rounds
from router.services.outbound.automatic import Voice
from router.storage import incident_answers
from router.storage.engine import Collision, Database, DatabaseUnavailable
from router.storage.leases import ANSWER_LEASE
from router.storage.records import Record

ROUND_SECONDS = 1.0
BREATH_SECONDS = 0.02
"""Between two batches: whatever waits for a writer's connection comes first."""
PROGRESS_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Answerer:
    """Does nothing while another process holds the lease."""

    def __init__(
        self,
        database: Database,
        leases: LeaseKeeper,
        voice: Voice,
        *,
        step_up_url: str | None = None,
    ) -> None:
        self._database = database
        self._leases = leases
        self._voice = voice
        self._step_up_url = step_up_url
        self._told = 0.0
        self._to_recall: dict[int, list[int]] = {}
        """Of answers that are being stopped: cases found by one look, not tried yet."""

    async def run(self) -> None:
        """Round after round until cancelled."""
        await run_rounds(
            self._leases,
            ANSWER_LEASE,
            self.round,
            name="answers",
            every=ROUND_SECONDS,
            breath=BREATH_SECONDS,
        )

    async def round(self) -> bool:
        """A batch of each answer under way. True: there is more. A case that fails in a way that
        nobody foresaw is noted as failed, and the next one comes."""
        async with self._database.reading() as work:
            under_way = await incident_answers.list_under_way(work)
        if not under_way:
            return False
        from router.services.incidents import answering

        for answer in under_way:
            await self._go_on(answer)
        if time.monotonic() - self._told > PROGRESS_SECONDS:
            await answering.tell_progress(self._database, under_way)
            self._told = time.monotonic()
        return True

    async def _go_on(self, answer: Record) -> None:
        from router.services.automation.actions import Tools
        from router.services.incidents import answering

        database, tools = self._database, Tools(voice=self._voice, step_up_url=self._step_up_url)
        is_stopping = answer["state"] == "stopping"
        caller = await answering.find_caller(database, answer)
        if caller is None and not is_stopping:
            return
        found = self._to_recall.pop(answer["id"], [])
        if not found:
            found = await answering.next_cases(database, answer)
        if not found:
            await answering.end(database, answer)
        found, left = found[: answering.BATCH], found[answering.BATCH :]
        if left:
            self._to_recall[answer["id"]] = left
        for case_id in found:
            try:
                if caller is None or is_stopping:
                    await answering.take_back(database, answer, case_id)
                else:
                    await answering.answer_case(database, tools, caller, answer, case_id)
            except (DatabaseUnavailable, Collision):
                raise
            except Exception as error:
                fault = type(error).__name__
                log.warning("answer.failed", case=case_id, fault=fault, where=where(error))
                if is_stopping:
                    await answering.let_be(database, answer, case_id)
                else:
                    sentence = "Something went wrong with it."
                    await answering.give_up(database, answer["id"], case_id, "fault", sentence)
