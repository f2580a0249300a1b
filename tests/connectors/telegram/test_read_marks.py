"""Who writes to a business account sees that it was read; nobody else can be shown it."""

from typing import ClassVar

import pytest

from connectors.telegram.connector import TelegramConnector
from core.errors import PermanentError, Unsupported
from core.messages import MessageReceived
from core.testing.checks.abilities import check_read_mark_is_seen
from core.testing.subject import Subject
from core.testing.trial import run_check
from tests.connectors.telegram.network import TelegramNetwork
from tests.connectors.telegram.running import Running


class BusinessNetwork(TelegramNetwork):
    """Grace writes to a business account that the bot answers for."""

    cannot: ClassVar = {
        name: why for name, why in TelegramNetwork.cannot.items() if name != "read_marks"
    }

    async def start(self) -> None:
        await super().start()
        self.shop = self.server.business(self.server.person("Olga"))

    async def say(self, text: str, **how: object) -> None:
        self.last = await self.grace.says(text, where=self.shop)

    def signs(self) -> list[str]:
        return ["read" for _ in self.server.calls("readBusinessMessage")]


def test_customer_of_a_business_account_sees_that_it_was_read() -> None:
    subject = Subject(connector=TelegramConnector, network=BusinessNetwork)
    run_check(check_read_mark_is_seen, subject, BusinessNetwork())


async def test_elsewhere_nothing_is_asked_of_telegram(running: Running) -> None:
    ann = running.server.person("Ann")
    event = await running.correspondence(lambda: ann.says("hi"))
    with pytest.raises(Unsupported):
        await running.connector.mark_read(event.place, event.remote_parts[0].remote_id)
    assert not running.server.calls("readBusinessMessage")


async def test_right_that_is_missing_is_said_and_closes_nothing(running: Running) -> None:
    shop = running.server.business(running.server.person("Olga"))
    ann = running.server.person("Ann")
    event: MessageReceived = await running.correspondence(lambda: ann.says("hi", where=shop))
    await shop.changes(can_read_messages=False)
    with pytest.raises(PermanentError):
        await running.connector.mark_read(event.place, event.remote_parts[0].remote_id)
