"""Checks that what is secret stays so, and that logs hold ids only."""

import base64
import logging
import urllib.parse
from collections.abc import Iterator

from pydantic import SecretBytes, SecretStr

from core.errors import ConnectorError
from core.messages import MessageReceived
from core.testing.network import FakeNetwork, Fault
from core.testing.trial import Trial, marker
from core.testing.verdict import Declined, require

SHORTEST_SECRET = 8
"""Characters: shorter ones would be found anywhere by chance."""


async def check_no_secret_leaks(trial: Trial) -> None:
    """Secrets are in no repr, health, account report, log line or error's text.

    Not as they are, nor URL-quoted or in base64, as a library's debug log would have them.
    """
    connector = trial.connector()
    secrets = secrets_of(trial)
    if not secrets:
        raise Declined("the account has no secret setting")
    for secret in secrets:
        require(
            len(secret) >= SHORTEST_SECRET,
            f"account_config: give secrets of at least {SHORTEST_SECRET} characters, to tell them",
        )
    said = [repr(connector), str(connector), repr(connector.health())]
    said += [repr(value) for value in vars(connector).values()]
    with _Listening() as heard:
        await trial.ledger.call(connector.open())
        said.append(repr(await trial.ledger.call(connector.check())))
        said.append(repr(connector.health()))
        await trial.ledger.call(connector.close())
        if isinstance(trial.source, FakeNetwork):
            said += await _live(trial)
    places = [
        ("repr, health, an error or what check returns", said),
        ("the connector's log", [str(entry) for entry in trial.log.entries]),
        ("a library's log", heard.lines),
    ]
    for secret in secrets:
        for form in _forms_of(secret):
            for place, lines in places:
                found = next((line for line in lines if form in line), None)
                require(
                    found is None,
                    f"a secret setting stands in {place}: "
                    f"{(found or '').replace(form, '<the secret>')[:200]}",
                )


async def check_log_holds_no_texts(trial: Trial) -> None:
    """No message text and nobody's address in the connector's own log: event names and ids."""
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        answer = marker("confidential answer")
        await trial.ledger.call(connector.send(trial.answer(event, answer)))
    private = [event.text.strip(), answer, event.sender.shown_as]
    if not event.sender.handle.isdigit():
        private.append(event.sender.handle)
    for entry in trial.log.entries:
        for text in filter(None, private):
            require(text not in str(entry), f"the log entry {entry.event!r} holds {text!r}")


def secrets_of(trial: Trial) -> tuple[str, ...]:
    """The account's secrets, in clear."""
    settings = dict(trial.source.account_config())
    return tuple(_secrets_in(trial.subject.connector.Config.model_validate(settings)))


async def _live(trial: Trial) -> list[str]:
    """What is said in a life with every fault that the network has."""
    said: list[str] = []
    async with trial.opened() as connector:
        event: MessageReceived = await trial.correspondence(connector)
        for fault in Fault:
            if fault.value in trial.network.cannot:
                continue
            trial.network.fail_next(fault)
            try:
                await trial.ledger.call(connector.send(trial.answer(event, marker("fault"))))
            except ConnectorError as error:
                said.append(f"{error!r} {error} {error.detail}")
            said.append(repr(connector.health()))
    return said


def _secrets_in(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, SecretBytes):
        yield value.get_secret_value().decode("latin-1")
    elif isinstance(value, dict):
        for one in value.values():
            yield from _secrets_in(one)
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _secrets_in(one)
    elif hasattr(value, "model_fields_set"):
        yield from _secrets_in(vars(value))


def _forms_of(secret: str) -> Iterator[str]:
    """As it is, in a URL, and in base64 behind any number of other bytes (SASL PLAIN)."""
    yield secret
    yield urllib.parse.quote(secret, safe="")
    raw = secret.encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode()
        start = (shift * 8 + 5) // 6
        whole = (shift + len(raw)) * 8 // 6
        yield encoded[start:whole]


class _Listening(logging.Handler):
    """Everything that any library logs, down to debug, while entered."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()} {record.exc_info or ''}")

    def __enter__(self) -> "_Listening":
        root = logging.getLogger()
        self._level = root.level
        root.setLevel(logging.DEBUG)
        root.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._level)


SECRECY_CHECKS = (check_no_secret_leaks, check_log_holds_no_texts)
