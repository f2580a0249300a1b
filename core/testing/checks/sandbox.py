"""Checks of the sandbox that the manifest names: the router's demonstration plays people on it."""

import importlib
from collections.abc import Sequence
from pathlib import Path

from core.sandbox import Sandbox, SandboxLine
from core.testing.network import Arrival, Fault
from core.testing.sandbox_network import SandboxNetwork
from core.testing.subject import Subject
from core.testing.trial import PATIENCE, Check, Trial, marker, run_check
from core.testing.verdict import Declined, require

FIELDS = frozenset(SandboxLine.__struct_fields__)


class PlayedNetwork(SandboxNetwork[Sandbox]):
    """The sandbox as the router's page drives it: no faults, and nothing but what it offers."""

    def __init__(self, subject: Subject) -> None:
        path = subject.manifest().sandbox
        if not path:
            raise Declined("the manifest names no sandbox")
        module, _, name = path.partition(":")
        found = getattr(importlib.import_module(module), name)
        require(issubclass(found, Sandbox), f"manifest: {path} is no Sandbox")
        self.kind: type[Sandbox] = found

    def make_sandbox(self) -> Sandbox:
        sandbox = self.kind()
        defaults = {field.name: field.default for field in sandbox.fields()}
        self.person = str(defaults.get("person") or self.person)
        self.address = str(defaults.get("address") or self.address)
        return sandbox

    async def repeat_last(self) -> None:
        raise Declined("a sandbox repeats nothing")

    def sent(self) -> Sequence[Arrival]:
        raise Declined("a sandbox tells what one person heard")

    def request_count(self) -> int:
        raise Declined("a sandbox counts nothing")

    def fail_next(self, fault: Fault) -> None:
        raise Declined("a sandbox never fails")

    async def restart(self) -> None:
        """As after a new start of the program, with the same folder."""
        await self.sandbox.stop()
        self.sandbox = self.kind()
        await self.sandbox.start(Path(self._folder.name))


def play(check: Check, subject: Subject, *, patience: float = PATIENCE) -> None:
    """Run a check of the sandbox. Raises as `run_check` does."""
    run_check(check, subject, PlayedNetwork(subject), patience=patience)


async def check_form_can_be_filled(trial: Trial) -> None:
    """The page's form asks for what a line has, or there is a page of its own."""
    sandbox = _played(trial).sandbox
    require(bool(sandbox.title.strip()), "the sandbox has no title")
    names = [field.name for field in sandbox.fields()]
    unknown = sorted(set(names) - FIELDS)
    require(not unknown, f"fields() names {unknown}, which no SandboxLine has")
    require("text" in names or bool(sandbox.page_url), "the form has no field for the text")
    require(len(names) == len(set(names)), f"fields() names one twice: {names}")


async def check_both_sides_hear_each_other(trial: Trial) -> None:
    """What is said in the sandbox comes in; what is sent is heard by that person."""
    network = _played(trial)
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        answer = marker("from the desk")
        await trial.ledger.call(connector.send(trial.answer(event, answer)))
    heard = await network.sandbox.heard(network.address)
    require(
        [answer in one.text for one in heard] == [True],
        f"{network.address} should have heard one message, and heard {len(heard)}",
    )
    elsewhere = await network.sandbox.heard("nobody@nowhere.example")
    require(not elsewhere, "somebody else heard it too")


async def check_restart_keeps_what_was_said(trial: Trial) -> None:
    """After a restart with the same folder all is still there, read or not. Stop is idempotent."""
    network = _played(trial)
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        await trial.ledger.call(connector.send(trial.answer(event, marker("before the restart"))))
    unread = marker("said and not read yet")
    await network.say(unread)
    await network.restart()
    cursors = trial.cursors
    async with (
        trial.opened() as connector,
        trial.receiving(connector, cursors=cursors) as reception,
    ):
        await reception.message(unread)
    heard = await network.sandbox.heard(network.address)
    require(len(heard) == 1, f"after the restart the person has heard {len(heard)} messages, not 1")
    await network.sandbox.stop()
    await network.sandbox.stop()


def _played(trial: Trial) -> PlayedNetwork:
    if isinstance(trial.source, PlayedNetwork):
        return trial.source
    raise Declined("this is not the sandbox of the manifest")


SANDBOX_CHECKS = (
    check_form_can_be_filled,
    check_both_sides_hear_each_other,
    check_restart_keeps_what_was_said,
)
