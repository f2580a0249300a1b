"""Alembic migrations, shipped in the wheel: `NNNN_what.py` under `versions`."""
