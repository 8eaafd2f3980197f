"""Partners across a one-way gate: how far each way, and what has been sent and may be asked for again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
additive = True  # a gateway that knows only the step before has no partner of this kind


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ferry",
        sa.Column("partner", sa.String(length=128), nullable=False),
        sa.Column("sent", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expects", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("theirs", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("partner", name=op.f("pk_ferry")),
    )
    op.create_table(
        "ferry_package",
        sa.Column("partner", sa.String(length=128), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=128), nullable=False),
        sa.Column("contents_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "number", name=op.f("pk_ferry_package")),
    )


def downgrade() -> None:
    """Forget both sequences."""
    op.drop_table("ferry_package")
    op.drop_table("ferry")
