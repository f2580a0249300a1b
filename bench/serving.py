"""`python -m bench.serving serve`: the product with the channel of `bench.channel` only."""

import uvloop

from bench.channel import registry
from router import bootstrap
from router.runtime.log import configure_log
from router.settings import load_settings


def main() -> None:
    settings = load_settings()
    configure_log(log_format=settings.log_format, log_level="warning")
    uvloop.run(
        bootstrap.serve(settings, roles=bootstrap.ALL_ROLES, sandbox=False, registry=registry())
    )


if __name__ == "__main__":
    # Under its real name: the registry loads `bench.channel`, which must not be there twice.
    main()
