"""Processes count a partner's pace together, and know which delivery tries a partner whose breaker is open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
additive = True  # a gateway that knows only the step before counts by itself, and probes without saying with what


def upgrade() -> None:
    """Make the table, and the column."""
    op.create_table(
        "pace",
        sa.Column("partner", sa.String(length=128), nullable=False),
        sa.Column("used_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("partner", name=op.f("pk_pace")),
    )
    with op.batch_alter_table("breaker") as batch:
        batch.add_column(sa.Column("probe_lease", sa.String(length=36), nullable=True))


def downgrade() -> None:
    """Forget them."""
    with op.batch_alter_table("breaker") as batch:
        batch.drop_column("probe_lease")
    op.drop_table("pace")
