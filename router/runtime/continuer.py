"""Lets chats go on elsewhere, everywhere by one process at a time."""

from functools import partial

import structlog

from core.connector import Intake, LocalConnector
from core.errors import BadConfig, ConnectorError
from router.runtime.connectors import ConnectorFactory
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.rounds import run_rounds
from router.services import continuations, mailed_ratings
from router.services.continuations import Target
from router.services.notices import stop_address
from router.storage.account_rows import AccountRow, active_accounts
from router.storage.engine import Database
from router.storage.leases import CONTINUATION_LEASE

ROUND_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Continuer:
    """Does nothing while another process holds the lease. Every step may be done twice."""

    def __init__(self, database: Database, factory: ConnectorFactory, leases: LeaseKeeper) -> None:
        self._database = database
        self._factory = factory
        self._leases = leases
        self._made: dict[int, tuple[int, LocalConnector]] = {}
        self._complained: set[tuple[int, int]] = set()

    async def run(self) -> None:
        """Round after round until cancelled."""
        await run_rounds(
            self._leases, CONTINUATION_LEASE, self.work, name="continuer", every=ROUND_SECONDS
        )

    async def work(self) -> None:
        """One round: take back what was read, send what is due, show what was answered."""
        await continuations.withdraw_seen(self._database)
        await continuations.follow(self._database)
        async with self._database.reading() as work:
            accounts = await active_accounts(work)
        by_label = {account.label: account for account in accounts}
        for account in accounts:
            try:
                connector = self._local(account)
                if connector is None or connector.continuation is None:
                    continue
                target = self._target(by_label.get(connector.continuation.account))
            except ConnectorError as error:
                self._complain(account, error)
                continue
            made = await continuations.continue_account(
                self._database, self._factory.keyring, account.id, connector, target
            )
            asked = await mailed_ratings.ask_account(
                self._database,
                self._factory.keyring,
                account.id,
                connector,
                target,
                self._factory.public_url,
            )
            if asked:
                log.info("rating.asked", account=account.id, by=target.account_id, letters=asked)
            if made:
                log.info("chat.continued", account=account.id, by=target.account_id, messages=made)

    def _local(self, account: AccountRow) -> LocalConnector | None:
        """None: its network is not the router itself. Raises BadConfig."""
        if Intake.LOCAL not in self._factory.intakes(account.channel):
            return None
        revision, connector = self._made.get(account.id, (-1, None))
        if connector is None or revision != account.revision:
            made = self._factory.make(account)
            if not isinstance(made, LocalConnector):
                return None
            connector = made
            self._made[account.id] = (account.revision, connector)
        return connector

    def _target(self, account: AccountRow | None) -> Target:
        """Raises BadConfig with a sentence for ops."""
        if account is None:
            raise BadConfig("the account by which it should go on is not there, or is paused")
        kind = self._factory.registry.load(account.channel)
        realm = self._factory.registry.manifest(account.channel).realm
        if not kind.capabilities.can_open_conversation or "<" in realm:
            raise BadConfig("on the channel by which it should go on we may not write first")
        return Target(
            account_id=account.id,
            channel=account.channel,
            realm=realm,
            capabilities=kind.capabilities,
            to_recipient=kind.to_recipient,
            to_stop_url=partial(stop_address, self._factory.keyring, self._factory.public_url),
        )

    def _complain(self, account: AccountRow, error: ConnectorError) -> None:
        """Once for each change of the account."""
        if (account.id, account.revision) not in self._complained:
            self._complained.add((account.id, account.revision))
            log.warning("chat.not_continued", account=account.id, detail=str(error))
