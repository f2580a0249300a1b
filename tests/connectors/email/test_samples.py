"""What is read in each sample mail is what stands beside it."""

import json
import time
from pathlib import Path

import pytest

from connectors.email.reading.inspection import inspect

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.eml"))
OPTIONS = {
    "authserv_ids": "mx.desk.example",
    "trusted_arc_sealers": "forwarder.example",
    "dns": str(Path(__file__).parent / "samples" / "dns.txt"),
}
LONGEST_READ_S = 1.0


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_sample_is_read_as_written_beside_it(sample: Path) -> None:
    expected = json.loads(sample.with_suffix(".json").read_text())
    found = inspect(sample.read_bytes(), OPTIONS)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_whatever_is_read_can_be_stored_and_printed(sample: Path) -> None:
    raw = sample.read_bytes()
    cuts = range(0, len(raw), max(1, len(raw) // 40))
    started = time.process_time()
    for cut in cuts:
        text = json.dumps(inspect(raw[:cut]), ensure_ascii=False)
        assert "\\u0000" not in text
        text.encode("utf-8")
    assert time.process_time() - started < LONGEST_READ_S * 5


def test_there_are_samples() -> None:
    assert len(SAMPLES) >= 25
