"""Inputs that nobody wrote: by hypothesis with each commit, by atheris with `make fuzz`."""
