"""`python -m router` is the same as `onethread`."""

from router.cli import main

main()
