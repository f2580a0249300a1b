"""The conformance kit: what proves that a connector keeps the contract. Ships with the package.

`core.testing.conformance` and `core.testing.local_conformance` hold the test classes and need
pytest; nothing else here does, so a sandbox may import `core.testing.network`.
"""
