"""The kit finds a sandbox that a demonstration could not be played on."""

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.sandbox import Sandbox, SandboxField, SandboxLine, SandboxMessage
from core.testing.checks import sandbox as checks
from core.testing.checks.sandbox import SANDBOX_CHECKS, play
from core.testing.trial import Check
from core.testing.verdict import ConformanceFailure, Declined
from tests.unit.testing_kit.sample.connector import SampleConnector
from tests.unit.testing_kit.sample.sandbox import SampleNetwork
from tests.unit.testing_kit.test_package_checks import FOLDER, CopiedSubject


class SampleSandbox(Sandbox):
    title = "Sample"
    keeps = True

    def __init__(self) -> None:
        self.network = SampleNetwork()

    async def start(self, data_dir: Path) -> None:
        self.file = data_dir / "sample.json"
        if self.file.exists() and self.keeps:
            kept = json.loads(self.file.read_text())
            self.network.updates, self.network.messages = kept
        await self.network.start()

    async def stop(self) -> None:
        self.file.write_text(json.dumps([self.network.updates, self.network.messages]))
        await self.network.stop()

    def account_config(self) -> dict[str, Any]:
        return dict(self.network.account_config())

    def fields(self) -> Sequence[SandboxField]:
        return (
            SandboxField(name="address", label="Chat", default="chat-1"),
            SandboxField(name="text", label="Message"),
        )

    async def say(self, line: SandboxLine) -> None:
        await self.network.say(line.text)

    async def heard(self, address: str) -> Sequence[SandboxMessage]:
        return [
            SandboxMessage(at=datetime.now(UTC), text=one["text"])
            for one in self.network.messages.values()
            if one["chat"] == address
        ]


class HasNoTitle(SampleSandbox):
    title = ""


class AsksForAnything(SampleSandbox):
    def fields(self) -> Sequence[SandboxField]:
        return (*super().fields(), SandboxField(name="colour", label="Colour"))


class AsksForNoText(SampleSandbox):
    def fields(self) -> Sequence[SandboxField]:
        return super().fields()[:1]


class TellsEverybody(SampleSandbox):
    async def heard(self, address: str) -> Sequence[SandboxMessage]:
        return await super().heard("chat-1")


class TellsNobody(SampleSandbox):
    async def heard(self, address: str) -> Sequence[SandboxMessage]:
        return ()


class ForgetsAll(SampleSandbox):
    keeps = False


class SaysNothing(SampleSandbox):
    async def say(self, line: SandboxLine) -> None:
        return None


def _subject(tmp_path: Path, sandbox: str) -> CopiedSubject:
    shutil.copytree(FOLDER, tmp_path / "sample")
    with (tmp_path / "sample" / "manifest.toml").open("a") as file:
        file.write(f'sandbox = "{sandbox}"\n')
    return CopiedSubject(connector=SampleConnector, copy=tmp_path / "sample")


@pytest.mark.parametrize("check", SANDBOX_CHECKS, ids=lambda check: check.__name__)
def test_sandbox_that_can_be_played_passes(tmp_path: Path, check: Check) -> None:
    play(check, _subject(tmp_path, f"{__name__}:SampleSandbox"))


@pytest.mark.parametrize(
    ("sandbox", "check", "sentence"),
    [
        (HasNoTitle, checks.check_form_can_be_filled, "no title"),
        (AsksForAnything, checks.check_form_can_be_filled, "colour"),
        (AsksForNoText, checks.check_form_can_be_filled, "no field for the text"),
        (SaysNothing, checks.check_both_sides_hear_each_other, "did not come"),
        (TellsEverybody, checks.check_both_sides_hear_each_other, "somebody else"),
        (TellsNobody, checks.check_both_sides_hear_each_other, "heard 0"),
        (ForgetsAll, checks.check_restart_keeps_what_was_said, "did not come"),
        (str, checks.check_form_can_be_filled, "is no Sandbox"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_sandbox_that_cannot_be_played_is_found(
    tmp_path: Path, sandbox: type, check: Check, sentence: str
) -> None:
    subject = _subject(tmp_path, f"{sandbox.__module__}:{sandbox.__name__}")
    with pytest.raises(ConformanceFailure, match=sentence):
        play(check, subject, patience=0.4)


def test_channel_without_a_sandbox_is_skipped_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(Declined, match="names no sandbox"):
        play(checks.check_form_can_be_filled, _subject(tmp_path, ""))
