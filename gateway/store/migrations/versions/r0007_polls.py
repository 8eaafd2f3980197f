"""Partners that are polled: how far, and how it goes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
additive = True  # a gateway that knows only the step before may go on working on these tables


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "poll",
        sa.Column("partner", sa.String(length=128), nullable=False),
        sa.Column("cursor_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("polled_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("partner", name=op.f("pk_poll")),
    )


def downgrade() -> None:
    """Forget how far partners were polled: they are polled from the beginning again, and nothing enters twice."""
    op.drop_table("poll")
