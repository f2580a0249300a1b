"""A FakeNetwork that is driven through the channel's own sandbox."""

import tempfile
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from core.sandbox import Sandbox, SandboxAttachment, SandboxLine
from core.testing.network import FakeNetwork

S = TypeVar("S", bound=Sandbox)


class SandboxNetwork(FakeNetwork, Generic[S]):
    """Starts the sandbox in a folder of its own and lets its person speak.

    `sandbox` is there between `start` and `stop`. A subclass says which sandbox, how to break
    it, and what arrived.
    """

    sandbox: S
    person = "Grace"
    address = "grace@example.org"

    @abstractmethod
    def make_sandbox(self) -> S: ...

    async def start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="onethread-")
        self.sandbox = self.make_sandbox()
        await self.sandbox.start(Path(self._folder.name))

    async def stop(self) -> None:
        await self.sandbox.stop()
        self._folder.cleanup()

    def account_config(self) -> Mapping[str, object]:
        return self.sandbox.account_config()

    async def say(
        self, text: str, *, subject: str = "", files: Sequence[SandboxAttachment] = ()
    ) -> None:
        line = SandboxLine(
            person=self.person,
            address=self.address,
            text=text,
            subject=subject,
            attachments=tuple(files),
        )
        await self.sandbox.say(line)
