"""`make fuzz`: atheris looks for a mail that breaks a promise, from the samples on.

`python -m tests.fuzz.fuzz_mails [SECONDS] [CORPUS]`. What it finds stays in the corpus folder, by
default `.fuzz`; a mail that breaks a promise is written beside it as `crash-…`.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["connectors.email", "core"]):
    from tests.fuzz.promises import check

from tests.connectors import email as email_tests

SAMPLES = Path(email_tests.__path__[0]) / "samples"
LONGEST_MAIL = 20_000
LONGEST_READ_S = 5
"""Seconds for one mail, after which it counts as a failure."""


def main() -> None:
    seconds = sys.argv[1] if len(sys.argv) > 1 else "60"
    corpus = Path(sys.argv[2] if len(sys.argv) > 2 else ".fuzz")
    corpus.mkdir(exist_ok=True)
    for sample in SAMPLES.glob("*.eml"):
        (corpus / sample.name).write_bytes(sample.read_bytes())
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST_MAIL}",
        f"-timeout={LONGEST_READ_S}",
        f"-artifact_prefix={corpus}/",
        "-rss_limit_mb=1024",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
