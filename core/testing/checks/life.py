"""Checks of a connector's life: made, opened, asked, closed, cancelled."""

import asyncio

from core.connector import AccountInfo, Connector, Health, HealthState, Intake
from core.errors import AuthRefused, ConnectorError, TransientError
from core.testing.network import FakeNetwork, Fault
from core.testing.patience import rest, wait_for
from core.testing.tasks import cancel
from core.testing.trial import CLOSE_WITHIN, Trial, marker
from core.testing.verdict import require
from core.testing.watchdog import LoopWatchdog


async def check_making_one_does_no_io(trial: Trial) -> None:
    """`__init__` works where no loop runs, and health can be asked at once."""
    connector = await asyncio.to_thread(trial.connector)
    require(isinstance(connector.health(), Health), "health must return a Health, before open too")


async def check_opens_and_closes_twice(trial: Trial) -> None:
    """Close is idempotent, quick, fine without an open, and a second life is like the first."""
    await _close(trial, trial.connector())
    for _ in range(2):
        connector = trial.connector()
        await trial.ledger.call(connector.open())
        await _close(trial, connector)
        await _close(trial, connector)
        _require_no_tasks(trial, "after close")


async def check_cancelling_leaves_no_task(trial: Trial) -> None:
    """A cancelled `receive` ends as cancelled, and after close nothing of it runs."""
    connector = trial.connector()
    await trial.ledger.call(connector.open())
    async with trial.receiving(connector) as reception:
        text = marker("before the end")
        await trial.network.say(text)
        await reception.message(text)
        task = reception.task
    require(
        task.cancelled() or Intake.STREAM not in trial.subject.manifest().intake,
        "receive returned or raised when it was cancelled: let CancelledError pass",
    )
    await _close(trial, connector)
    await rest(0.05)
    _require_no_tasks(trial, "after receive was cancelled and close returned")


async def check_reads_nothing_before_receive(trial: Trial) -> None:
    """Open does not start receiving: who only sends must not take messages from the reader."""
    text = marker("not for the sender")
    async with trial.opened() as first:
        await trial.correspondence(first)
    async with trial.opened():
        await trial.network.say(text)
        await rest(0.1)
    cursors = trial.cursors
    async with trial.opened() as reader, trial.receiving(reader, cursors=cursors) as reception:
        await reception.message(text)


async def check_account_check_reports_and_sends_nothing(trial: Trial) -> None:
    """`check` works without `open`, says who we are, and nobody gets anything."""
    connector = trial.connector()
    try:
        found = await trial.ledger.call(connector.check())
    finally:
        await _close(trial, connector)
    require(isinstance(found, AccountInfo), "check must return an AccountInfo")
    require(bool(found.shown_as.strip()), "check: shown_as is empty; ops must see which account")
    for step in found.steps:
        require(step.ok, f"check: step {step.name!r} fails on a healthy network: {step.detail}")
    if isinstance(trial.source, FakeNetwork):
        require(trial.network.request_count() == 0, "check sent something to somebody")


async def check_refused_credentials_are_named(trial: Trial) -> None:
    """A login that the network refuses is AuthRefused at `check` or at `open`."""
    trial.fail_next(Fault.AUTH_REFUSED)
    connector = trial.connector()
    try:
        await trial.ledger.call(connector.open())
        await trial.ledger.call(connector.check())
    except AuthRefused:
        return
    except ConnectorError as error:
        require(False, f"refused credentials became {type(error).__name__} instead of AuthRefused")
    finally:
        await _close(trial, connector)
    require(False, "the network refused our credentials, and neither open nor check said so")


async def check_silent_network_is_transient(trial: Trial) -> None:
    """With nobody listening, `open` or `check` raises TransientError, not a library's own."""
    connector = trial.connector()
    await trial.network.stop()
    try:
        await trial.ledger.call(connector.open())
        await trial.ledger.call(connector.check())
    except TransientError:
        return
    except Exception as error:
        require(False, f"a network that is down became {error!r} instead of TransientError")
    finally:
        await _close(trial, connector)
    require(False, "the network was down, and neither open nor check said so")


async def check_health_is_true(trial: Trial) -> None:
    """While messages come in it says "running", and every time in it is aware."""
    async with trial.opened() as connector, trial.receiving(connector) as reception:
        text = marker("how are you")
        await trial.network.say(text)
        await reception.message(text)
        health = connector.health()
        require(isinstance(health, Health), "health must return a Health")
        require(
            health.state is HealthState.RUNNING,
            f"health says {health.state.value!r} while messages come in",
        )
        at = health.last_event_at
        require(at is None or at.tzinfo is not None, "health: last_event_at has no time zone")


async def check_never_blocks_the_loop(trial: Trial) -> None:
    """In a short life of opening, reading and sending, the loop never stands still for 100 ms."""
    with LoopWatchdog(trial.subject.folder) as watchdog:
        async with trial.opened() as connector:
            await trial.ledger.call(connector.check())
            event = await trial.correspondence(connector)
            async with trial.receiving(connector) as reception:
                texts = [marker("one of many") for _ in range(10)]
                for text in texts:
                    await trial.network.say(text)
                await reception.message(texts[-1])
            for _ in range(3):
                await trial.ledger.call(connector.send(trial.answer(event, marker("answer"))))
    require(not watchdog.blocks, "; ".join(watchdog.blocks))


async def _close(trial: Trial, connector: Connector) -> None:
    closing = trial.ledger.start(connector.close())
    await wait_for(closing, within=CLOSE_WITHIN)
    if not closing.done():
        await cancel(closing, within=trial.cancel_within)
        require(False, f"close took longer than {CLOSE_WITHIN:.0f} s")
    closing.result()


def _require_no_tasks(trial: Trial, when: str) -> None:
    left = trial.ledger.running()
    require(not left, f"{when} these tasks still run: {[task.get_coro() for task in left]}")


LIVING_CHECKS = (
    check_making_one_does_no_io,
    check_opens_and_closes_twice,
    check_account_check_reports_and_sends_nothing,
)
"""What is asked of a local connector too."""
LIFE_CHECKS = (
    *LIVING_CHECKS,
    check_cancelling_leaves_no_task,
    check_reads_nothing_before_receive,
    check_refused_credentials_are_named,
    check_silent_network_is_transient,
    check_health_is_true,
    check_never_blocks_the_loop,
)
