"""The sample with one fault each in what it makes of link codes."""

from typing import Any, ClassVar

import msgspec

from core.connector import AccountInfo
from core.messages import AnyInboundEvent, MessageReceived
from tests.unit.testing_kit.sample.connector import SampleConnector


class ReadsCodes(SampleConnector):
    """Changes what was said, by the method below."""

    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        event = super().read(update)
        return self.changed(event) if isinstance(event, MessageReceived) else event

    def changed(self, event: MessageReceived) -> MessageReceived:
        return event


class AnnouncesWords(ReadsCodes):
    def changed(self, event: MessageReceived) -> MessageReceived:
        return msgspec.structs.replace(event, text=f"They say: {event.text}")


class TakesWordsForCodes(ReadsCodes):
    def changed(self, event: MessageReceived) -> MessageReceived:
        return msgspec.structs.replace(event, link_code=event.text)


class PutsLastWordFirst(ReadsCodes):
    def changed(self, event: MessageReceived) -> MessageReceived:
        return msgspec.structs.replace(event, text=f"{event.text.split()[-1]}\n{event.text}")


class HasLinks(SampleConnector):
    """Its deep links, by the pattern below."""

    pattern: ClassVar[str] = "https://sample.example/{name}?start={code}"

    async def check(self) -> AccountInfo:
        return msgspec.structs.replace(await super().check(), own_name="desk")

    @classmethod
    def link_url(cls, own_name: str, code: str) -> str | None:
        return cls.pattern.format(name=own_name, code=code) if own_name else None


class NamesNobody(HasLinks):
    @classmethod
    def link_url(cls, own_name: str, code: str) -> str | None:
        return cls.pattern.format(name=own_name, code=code)


class LeadsNowhere(HasLinks):
    pattern = "sample:{name}?start={code}"


class InClear(HasLinks):
    pattern = "http://sample.example/{name}?start={code}"


class WithoutCode(HasLinks):
    pattern = "https://sample.example/{name}"


class AnewEachTime(HasLinks):
    @classmethod
    def link_url(cls, own_name: str, code: str) -> str | None:
        return f"https://sample.example/{code}?{object()!r}".replace(" ", "") if own_name else None
