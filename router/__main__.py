"""`python -m router` is the command `onethread`."""

from router.cli import main

if __name__ == "__main__":
    main()
