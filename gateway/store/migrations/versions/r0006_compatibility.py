"""The tables say which versions of the gateway may work on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
additive = True  # a gateway that knows only the step before may go on working on these tables


def upgrade() -> None:
    """Make the table that ``engine.migrate`` writes after every step."""
    op.create_table(
        "compatibility",
        sa.Column("revision", sa.String(length=128), nullable=False),
        sa.Column("since", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_compatibility")),
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_table("compatibility")
