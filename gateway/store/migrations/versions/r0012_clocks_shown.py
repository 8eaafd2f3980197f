"""Which period runs in a case, since when and until when, and whether its last day is certain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
additive = True  # what a gateway that knows only the step before leaves empty is shown without its period

TIMED = sa.text("closed_at IS NULL AND holder_until IS NOT NULL")
PROVISIONAL = sa.text("closed_at IS NULL AND clock_provisional")


def upgrade() -> None:
    """Add the columns; the clock fills them when it looks at a case, as it does at every one once."""
    for column in (
        sa.Column("clock", sa.String(length=16), nullable=True),
        sa.Column("clock_since", sa.String(length=10), nullable=True),
        sa.Column("clock_until", sa.String(length=10), nullable=True),
        sa.Column("clock_provisional", sa.Boolean(), nullable=True),
    ):
        op.add_column("dispute_case", column)
    op.create_index(
        "ix_dispute_case_until", "dispute_case", ["holder_until"], sqlite_where=TIMED, postgresql_where=TIMED
    )
    op.create_index(
        "ix_dispute_case_provisional", "dispute_case", ["id"],
        sqlite_where=PROVISIONAL, postgresql_where=PROVISIONAL,
    )  # fmt: skip


def downgrade() -> None:
    """Forget which period it is."""
    op.drop_index("ix_dispute_case_provisional", table_name="dispute_case")
    op.drop_index("ix_dispute_case_until", table_name="dispute_case")
    for column in ("clock_provisional", "clock_until", "clock_since", "clock"):
        op.drop_column("dispute_case", column)
