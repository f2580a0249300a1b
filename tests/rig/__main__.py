"""`python -m tests.rig f01 --kills 20 --seed 1`: runs one proof and prints its verdict as JSON."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from dataclasses import fields

from tests import run_folder
from tests.rig.options import Options
from tests.rig.proofs import PROOFS


def main() -> int:
    """The exit status: 0 if the proof holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.rig", description=__doc__)
    parser.add_argument("proof", choices=sorted(PROOFS))
    defaults = Options()
    for field in fields(Options):
        name = f"--{field.name.removeprefix('is_').replace('_', '-')}"
        default = getattr(defaults, field.name)
        if isinstance(default, bool):
            parser.add_argument(name, dest=field.name, action="store_true")
        else:
            parser.add_argument(name, dest=field.name, type=type(default), default=default)
    chosen = vars(parser.parse_args())
    proof = PROOFS[chosen.pop("proof")]
    logging.basicConfig(level=logging.CRITICAL)  # the peers' libraries are talkative
    run_folder.begin()
    try:
        verdict = asyncio.run(proof(Options(**chosen)))
        print(verdict.line(), flush=True)
    finally:
        run_folder.end()
    return 0 if verdict.passed else 1


if __name__ == "__main__":
    sys.exit(main())
