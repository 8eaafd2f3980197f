"""What a mapping could not write is kept by name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep which fields a delivery lost; of earlier ones only their number is known."""
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("lost_names", sa.Text(), nullable=True))


def downgrade() -> None:
    """Forget which."""
    with op.batch_alter_table("delivery") as batch:
        batch.drop_column("lost_names")
