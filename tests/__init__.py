"""The tests. Every folder is a package: `tests/connectors/telegram` must not hide the library."""
