"""What all tables share: the metadata with its naming convention, and column shorthands."""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=False), primary_key=True)


def reference(name: str, target: str, *, nullable: bool = False, **options: Any) -> sa.Column[int]:
    return sa.Column(
        name, sa.BigInteger, sa.ForeignKey(f"{target}.id"), nullable=nullable, **options
    )


def moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """An instant, written by the application's clock."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def text(name: str, default: str | None = None, *, nullable: bool = False) -> sa.Column[str]:
    server_default = None if default is None else sa.text(f"'{default}'")
    return sa.Column(name, sa.Text, nullable=nullable, server_default=server_default)


def flag(name: str, *, default: bool = False) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.text(str(default).lower()))


def number(name: str, default: int | None = None, *, nullable: bool = False) -> sa.Column[int]:
    server_default = None if default is None else sa.text(str(default))
    return sa.Column(name, sa.Integer, nullable=nullable, server_default=server_default)


def document(name: str, default: str | None = "{}", *, nullable: bool = False) -> sa.Column[Any]:
    server_default = None if default is None else sa.text(f"'{default}'::jsonb")
    return sa.Column(name, JSONB, nullable=nullable, server_default=server_default)


def ids(name: str) -> sa.Column[Any]:
    """Ids of rows of one table, none at first."""
    return sa.Column(
        name,
        sa.ARRAY(sa.BigInteger),
        nullable=False,
        server_default=sa.text("'{}'::bigint[]"),
    )


def one_of(column: str, *values: str | type[StrEnum]) -> sa.CheckConstraint:
    """CHECK that a text column holds a known state."""
    names = [v.value for e in values if not isinstance(e, str) for v in e]
    names += [v for v in values if isinstance(v, str)]
    listed = ", ".join(f"'{name}'" for name in names)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def prefix_index(name: str, column: str) -> sa.Index:
    """Finds by the first characters, in any case, whatever the database's collation."""
    lowered = sa.func.lower(sa.literal_column(column)).label("lowered")
    return sa.Index(name, lowered, postgresql_ops={"lowered": "text_pattern_ops"})
