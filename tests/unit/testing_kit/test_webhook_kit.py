"""The kit proves a channel whose network calls us as well as one that is read."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from core.connector import (
    Connector,
    Health,
    HealthState,
    InboundSink,
    WebhookReply,
    WebhookRequest,
)
from core.errors import AuthRefused
from core.messages import Unreadable
from core.testing.checks import intake
from core.testing.checks.intake import INTAKE_CHECKS
from core.testing.checks.life import LIFE_CHECKS
from core.testing.checks.package import check_intake
from core.testing.checks.secrecy import SECRECY_CHECKS
from core.testing.checks.sending import SENDING_CHECKS
from core.testing.trial import Check, run_check
from core.testing.verdict import ConformanceFailure, Declined
from tests.unit.testing_kit.sample.connector import SampleConnector
from tests.unit.testing_kit.sample.sandbox import TOKEN, SampleNetwork
from tests.unit.testing_kit.test_package_checks import CopiedSubject

FOLDER = Path(__file__).parent / "sample"
NOT_OF_HOOKS = {
    "check_cancel_before_commit_means_redelivery",
    "check_lost_lease_stops_the_reader",
}


class HookConnector(SampleConnector):
    receive = Connector.receive

    async def open(self) -> None:
        await super().open()
        self._health = Health(state=HealthState.RUNNING)

    async def handle_webhook(self, request: WebhookRequest, sink: InboundSink) -> WebhookReply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}" or request.path != "updates":
            raise AuthRefused("somebody else calls")
        update = json.loads(request.body)
        if not self.is_own_test(update):
            await sink.accept([self.read(update)])
        return WebhookReply()


class AnswersWhateverHappens(HookConnector):
    async def handle_webhook(self, request: WebhookRequest, sink: InboundSink) -> WebhookReply:
        with contextlib.suppress(RuntimeError):
            await super().handle_webhook(request, sink)
        return WebhookReply()


class RefusesJunk(HookConnector):
    async def handle_webhook(self, request: WebhookRequest, sink: InboundSink) -> WebhookReply:
        if isinstance(self.read(json.loads(request.body)), Unreadable):
            return WebhookReply(status=400)
        return await super().handle_webhook(request, sink)


class HookNetwork(SampleNetwork):
    """Posts its updates in order, each until it is taken, as such networks do."""

    async def start(self) -> None:
        await super().start()
        self.calling = asyncio.create_task(self.call_hook())

    async def stop(self) -> None:
        self.calling.cancel()
        await asyncio.wait({self.calling})
        await super().stop()

    async def call_hook(self) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        done = 0
        async with aiohttp.ClientSession(headers=headers) as http:
            while True:
                self.news.clear()
                while done < len(self.updates):
                    done += await self.is_taken(http, self.updates[done])
                await self.news.wait()

    async def is_taken(self, http: aiohttp.ClientSession, update: Mapping[str, Any]) -> bool:
        async with http.post(f"{self.hook_url}/updates", json=update) as answer:
            if answer.ok:
                return True
        await asyncio.sleep(0.01)
        return False


@pytest.fixture
def subject(tmp_path: Path) -> CopiedSubject:
    shutil.copytree(FOLDER, tmp_path / "sample")
    manifest = tmp_path / "sample" / "manifest.toml"
    manifest.write_text(manifest.read_text().replace('"stream"', '"webhook"'))
    return CopiedSubject(connector=HookConnector, copy=tmp_path / "sample")


CHECKS = (*LIFE_CHECKS, *SECRECY_CHECKS, *INTAKE_CHECKS, *SENDING_CHECKS)


@pytest.mark.parametrize(
    "check", [c for c in CHECKS if c.__name__ not in NOT_OF_HOOKS], ids=lambda c: c.__name__
)
def test_correct_webhook_connector_passes(subject: CopiedSubject, check: Check) -> None:
    run_check(check, subject, HookNetwork())


@pytest.mark.parametrize("name", sorted(NOT_OF_HOOKS))
def test_what_only_a_stream_can_do_is_declined(subject: CopiedSubject, name: str) -> None:
    with pytest.raises(Declined):
        run_check(getattr(intake, name), subject, HookNetwork())


def test_intake_of_the_manifest_is_a_webhook(subject: CopiedSubject) -> None:
    check_intake(subject)


@pytest.mark.parametrize(
    ("connector", "check", "sentence"),
    [
        (
            AnswersWhateverHappens,
            intake.check_crash_before_commit_means_redelivery,
            "answered with 200 though nothing was committed",
        ),
        (RefusesJunk, intake.check_junk_is_quarantined_and_the_stream_goes_on, "did not come"),
    ],
)
def test_fault_of_a_webhook_connector_is_found(
    subject: CopiedSubject, connector: type[Connector], check: Check, sentence: str
) -> None:
    planted = CopiedSubject(connector=connector, copy=subject.copy)
    with pytest.raises(ConformanceFailure, match=sentence):
        run_check(check, planted, HookNetwork(), patience=0.4)
