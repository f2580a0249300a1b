"""The bars: each prints a ratio to a limit measured in the same run. `python -m bench b1 b2 …`."""
