"""The contract between the router and its connectors, and the rules that need no I/O."""
