"""The daily comparison with partners."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DELIVERED = sa.text("status = 'delivered'")
UNSETTLED = sa.text("settled_at IS NULL")


def upgrade() -> None:
    """Keep a digest of what was sent, find a day's deliveries, and keep what each comparison found."""
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("sent_digest", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_delivery_delivered", "delivery", ["partner", "delivered_at"],
        sqlite_where=DELIVERED, postgresql_where=DELIVERED,
    )  # fmt: skip
    op.create_table(
        "reconciliation",
        sa.Column("partner", sa.String(length=128), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("runs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ours", sa.Integer(), server_default="0", nullable=False),
        sa.Column("theirs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("matched", sa.Integer(), server_default="0", nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("partner", "day", name=op.f("pk_reconciliation")),
    )
    op.create_table(
        "reconciliation_item",
        sa.Column("partner", sa.String(length=128), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("record_id", sa.String(length=128), nullable=False),
        sa.Column("delivery_id", sa.String(length=36), nullable=True),
        sa.Column("case_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=128), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.Column("resends", sa.Integer(), server_default="0", nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("partner", "day", "record_id", name=op.f("pk_reconciliation_item")),
    )
    op.create_index("ix_reconciliation_item_delivery_id", "reconciliation_item", ["delivery_id"])
    op.create_index(
        "ix_reconciliation_item_unsettled", "reconciliation_item", ["partner", "record_id"],
        sqlite_where=UNSETTLED, postgresql_where=UNSETTLED,
    )  # fmt: skip


def downgrade() -> None:
    """Forget them."""
    op.drop_table("reconciliation_item")
    op.drop_table("reconciliation")
    op.drop_index("ix_delivery_delivered", table_name="delivery")
    with op.batch_alter_table("delivery") as batch:
        batch.drop_column("sent_digest")
