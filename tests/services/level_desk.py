"""A desk on which cases and topics need levels, and Ann is proven as well as a test says."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from core.capabilities import Capabilities, FileLimits
from core.errors import ConnectorError, RecipientGone
from core.rich_text_cuts import RichText
from router.services.callers import Caller
from router.services.errors import Conflict
from router.services.outbound import queue_parts
from router.services.outbound.automatic import Voice
from router.services.roles import PERMISSIONS, Role
from router.services.viewer import Viewer
from router.storage.engine import Database
from router.storage.outgoing import Outgoing
from router.storage.sight import FULL_SIGHT
from router.storage.unit_of_work import UnitOfWork
from tests.services.answering_desk import open_desk
from tests.services.builders import signed_sender
from tests.services.climbing_desk import LETTERS, ClimbingDesk

ABLE = Capabilities(
    files=FileLimits(max_count=2, max_size=1000), edit=True, delete=True, copies=True
)
GONE = RecipientGone("They blocked the bot.")


class LevelDesk(ClimbingDesk):
    """Ann writes by a bot; her case needs what a test says."""

    before: Callable[[], Awaitable[None]] | None = None

    async def begin(self) -> int:
        """Ann, who wrote once and was answered twice: that failed, this arrived."""
        self.capabilities |= {
            self.channel: ABLE,
            "letters": msgspec.structs.replace(LETTERS, copies=True),
        }
        ann = await self.hear("ann")
        self.failed = (await self.answer(ann, "It fails")).message_id
        await self.send(failing={"*": GONE})
        await self.value("update identities set is_reachable = true")
        await self.value("delete from ladder_steps")
        self.sent = (await self.answer(ann, "It arrives")).message_id
        await self.send()
        return ann

    async def link(self, handle: str = "ann", host: str = "7", *, realm: str = "sample") -> None:
        account = self.account if realm == "sample" else self.letters
        await self.hear(signed_sender(handle, host=host, realm=realm), account=account)

    async def queue_more(self, work: UnitOfWork, said: Mapping[str, Any]) -> None:
        """One more part of what this delivery is of, to the same identity in the same place."""
        await queue_parts(
            work,
            [RichText("And more")],
            message_id=said["message_id"],
            person_id=said["person_id"],
            account_id=said["account_id"],
            place_id=said["place_id"],
            identity_id=said["identity_id"],
            revision=1,
        )

    async def need(self, level: int = 0, channels: str = "[]") -> None:
        await self.value(
            "update cases set minimum_level = $1, allowed_channels = $2::jsonb", level, channels
        )

    async def step_up(self, handle: str, *, topic: int | None = None, minutes: int = 15) -> None:
        """As if the host had just confirmed it."""
        now = self.database.clock.now()
        await self.value(
            """
            insert into step_ups (token_hash, identity_id, case_id, topic_id, host_account,
                agent_id, requested_at, expires_at, confirmed_at, granted_until)
            select decode(md5(random()::text), 'hex'), i.id, c.id, $2, i.host_account, $3, $4, $4,
                $4, $4::timestamptz + make_interval(mins => $5)
            from identities i, (select max(id) as id from cases) c where i.handle = $1
            """,
            handle,
            topic,
            self.author.agent_id,
            now,
            minutes,
        )

    async def topic(self, name: str = "withdrawal", *, level: int = 2) -> int:
        made = await self.value(
            "insert into topics (name, minimum_level, bound_level, created_at)"
            " values ($1, $2, $2, now()) returning id",
            name,
            level,
        )
        await self.value("update topics set path = array[id] where id = $1", made)
        return int(made)

    async def send(
        self,
        account: int | None = None,
        *,
        failing: Mapping[str, ConnectorError] | None = None,
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`before` happens while the first is under way."""
        self.before = before
        await super().send(account, failing=failing)

    async def _hand_over(
        self, row: Outgoing, fence: int, failing: Mapping[str, ConnectorError]
    ) -> None:
        before, self.before = self.before, None
        if before is not None:
            await before()
        await super()._hand_over(row, fence, failing)

    @property
    def voice(self) -> Voice:
        return Voice(keyring=self.keyring, capabilities_of=self.capabilities.__getitem__)

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.author.agent_id, FULL_SIGHT)

    def caller(self, role: Role = Role.AGENT) -> Caller:
        return Caller(
            agent_id=self.author.agent_id,
            name="Ada",
            role=role,
            permissions=PERMISSIONS[role],
            team_ids=frozenset(),
            access_classes=FULL_SIGHT.classes,
        )

    async def actions(self) -> list[str]:
        """What the audit log says was done, oldest first."""
        return [
            row["action"] for row in await self.rows("select action from audit_log order by id")
        ]


async def refused(doing: Awaitable[Any]) -> str:
    """The code of the refusal; empty: it went through."""
    try:
        await doing
    except Conflict as refusal:
        return refusal.code
    return ""


async def open_level_desk(database: Database, folder: Path) -> LevelDesk:
    plain = await open_desk(database, folder)
    made = LevelDesk(database, folder, plain.account, plain.author, plain.channel)
    await made.prepare()
    return made
