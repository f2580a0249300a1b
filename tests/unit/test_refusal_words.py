"""The pages' texts of refusals are of codes that the server says."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAID = re.compile(r'"([a-z_]+)"')


def test_every_text_is_of_a_code_that_the_server_says() -> None:
    texts = json.loads((ROOT / "web/shared/i18n/refusals/en.json").read_text())
    sources = [
        path.read_text()
        for folder in ("services", "web")
        for path in sorted((ROOT / "router" / folder).rglob("*.py"))
        if "static" not in path.parts
    ]
    said = {code for source in sources for code in SAID.findall(source)}

    assert sorted(set(texts) - said) == []
