"""The kinds of columns that several tables have, and how keys and indexes are named."""

from __future__ import annotations

from sqlalchemy import BigInteger, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(36)
Name = String(128)
Code = String(64)
Millis = BigInteger
