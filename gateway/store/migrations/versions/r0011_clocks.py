"""Clocks: when a case is to be looked at, and what has been said of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
additive = True  # what a gateway of the step before opens has the column's default, and is looked at once

WATCHED = sa.text("watch_on IS NOT NULL")


def upgrade() -> None:
    """Have every open case looked at once."""
    op.add_column("dispute_case", sa.Column("watch_on", sa.String(length=10), server_default="", nullable=True))
    op.create_index(
        "ix_dispute_case_watch_on", "dispute_case", ["watch_on"], sqlite_where=WATCHED, postgresql_where=WATCHED
    )
    op.create_table(
        "reminder",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("clock", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("last", sa.String(length=10), nullable=False),
        sa.Column("degree", sa.String(length=8), nullable=False),
        sa.Column("organisation", sa.String(length=128), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=True),
        sa.Column("code", sa.String(length=128), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["dispute_case.id"], name=op.f("fk_reminder_case_id")),
        sa.PrimaryKeyConstraint("case_id", "clock", "number", "last", "degree", name=op.f("pk_reminder")),
    )


def downgrade() -> None:
    """Forget what the clocks have said."""
    op.drop_table("reminder")
    op.drop_index("ix_dispute_case_watch_on", table_name="dispute_case")
    op.drop_column("dispute_case", "watch_on")
