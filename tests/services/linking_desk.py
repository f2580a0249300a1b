"""A desk whose people link their handles by codes: where tests of link codes begin."""

from collections.abc import Mapping
from typing import Any

import msgspec

from core.messages import MessageReceived
from router.services.identity.link_codes import LinkCode, MadeBy, make_for_account
from router.services.inbound import Incoming, accept
from router.services.outbound.automatic import Voice
from router.services.outbound.automatic_texts import Line, masked, sentence
from router.storage.engine import Database
from tests.services.answering_desk import AnsweringDesk
from tests.services.builders import received

HOST = "customer-4711"
REFUSED = sentence(Line.LINK_REFUSED, "en", {})
LINKED = sentence(Line.LINKED, "en", {"account": masked(HOST)})
JOINED = sentence(Line.JOINED, "en", {})


class LinkingDesk:
    def __init__(self, desk: AnsweringDesk) -> None:
        self.desk = desk
        self.voice = Voice(
            keyring=desk.keyring, capabilities_of=lambda _: desk.capabilities[desk.channel]
        )

    async def code(self, host: str = HOST, *channels: str) -> LinkCode:
        """As the host's site shows it to whoever is signed in there."""
        async with self.desk.database.transaction() as work:
            return await make_for_account(
                work,
                host,
                channels=channels or ("sample",),
                made_by=MadeBy.HOST,
                actor="host",
            )

    async def hears(
        self, by: Any, text: str = "", *, code: str | None = None, **fields: Any
    ) -> int:
        """The message; `code` as a network carries it, `text` as people type."""
        event = received(by, text or "/start", link_code=code, **fields)
        return await self.takes_in(event)

    async def takes_in(
        self,
        event: MessageReceived,
        *,
        account: int | None = None,
        database: Database | None = None,
    ) -> int:
        incoming = Incoming(account_id=account or self.desk.account, fence=None, events=(event,))
        [result] = await accept(
            database or self.desk.database, self.desk.blobs, [incoming], self.voice
        )
        if isinstance(result, BaseException):
            raise result
        assert result[0] is not None
        return result[0]

    async def said(self) -> list[str]:
        """What went out, first first."""
        rows = await self.desk.rows("select text from messages where direction = 'out' order by id")
        return [row["text"] for row in rows]

    async def identity(self, handle: str) -> Mapping[str, Any]:
        return await self.desk.row(
            "select i.*, p.root_id from identities i join persons p on p.id = i.home_person_id"
            " where handle = $1 and realm not like 'claimed:%'",
            handle,
        )

    async def outcome(self) -> str:
        """Of the newest code."""
        return str(
            await self.desk.value(
                "select case when spent_at is null then 'good' else outcome end"
                " from link_codes order by id desc limit 1"
            )
        )

    async def audited(self) -> list[tuple[str, dict[str, Any]]]:
        rows = await self.desk.rows(
            "select action, facts::text from audit_log where action like 'link_code.%' order by id"
        )
        return [(row["action"], msgspec.json.decode(row["facts"])) for row in rows]

    async def events(self) -> list[dict[str, Any]]:
        """Lines that agents see of codes."""
        rows = await self.desk.rows(
            "select context::text from messages where direction = 'event' order by id"
        )
        return [msgspec.json.decode(row["context"]) for row in rows]
