"""Several processes share the work: lanes, breakers, workers, offices, priorities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


OPEN = sa.text("status IN ('pending', 'in_doubt')")
KEPT = sa.text("document IS NOT NULL")


def upgrade() -> None:
    """Give deliveries a priority, and make the tables by which processes share the work."""
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("priority", sa.SmallInteger(), server_default="1", nullable=False))
    with op.batch_alter_table("message") as batch:
        batch.add_column(sa.Column("trace_id", sa.String(length=32), nullable=True))
    op.create_index(
        "ix_delivery_waiting", "delivery", ["partner", "priority", "due_at"],
        sqlite_where=OPEN, postgresql_where=OPEN,
    )  # fmt: skip
    op.drop_index("ix_delivery_due", table_name="delivery")
    op.create_index("ix_request_document", "request", ["document"], sqlite_where=KEPT, postgresql_where=KEPT)
    op.create_table(
        "lane",
        sa.Column("partner", sa.String(length=128), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "slot", name=op.f("pk_lane")),
    )
    op.create_table(
        "breaker",
        sa.Column("partner", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("probe_at", sa.BigInteger(), nullable=True),
        sa.Column("waits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("partner", name=op.f("pk_breaker")),
    )
    op.create_table(
        "leader",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leader")),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_index("ix_request_document", table_name="request")
    for table in ("leader", "breaker", "lane"):
        op.drop_table(table)
    op.create_index("ix_delivery_due", "delivery", ["partner", "due_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.drop_index("ix_delivery_waiting", table_name="delivery")
    with op.batch_alter_table("message") as batch:
        batch.drop_column("trace_id")
    with op.batch_alter_table("delivery") as batch:
        batch.drop_column("priority")
