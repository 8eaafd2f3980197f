"""Content and events expire by clocks of their own; a legal hold keeps a case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
additive = True  # a gateway that knows only the step before may go on working on these tables

CLOSED = sa.text("closed_at IS NOT NULL")
FULL = sa.text("closed_at IS NOT NULL AND (emptied_step IS NULL OR emptied_step < step)")
KEPT = sa.text("emptied_at IS NULL")
IN_FORCE = sa.text("released_at IS NULL")


def upgrade() -> None:
    """Note what has been emptied, index what may be, and make the table of legal holds."""
    for table in ("request", "message"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("emptied_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("dispute_case") as batch:
        batch.add_column(sa.Column("emptied_step", sa.Integer(), nullable=True))
    op.create_index("ix_request_contents", "request", ["received_at"], sqlite_where=KEPT, postgresql_where=KEPT)
    op.create_index(
        "ix_dispute_case_closed", "dispute_case", ["closed_at", "id"], sqlite_where=CLOSED, postgresql_where=CLOSED
    )
    op.create_index(
        "ix_dispute_case_contents", "dispute_case", ["closed_at", "id"], sqlite_where=FULL, postgresql_where=FULL
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.String(length=128), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("released_by", sa.String(length=128), nullable=True),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["dispute_case.id"], name=op.f("fk_legal_hold_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index("ix_legal_hold_case_id", "legal_hold", ["case_id"])
    op.create_index(
        "uq_legal_hold_in_force", "legal_hold", ["case_id"], unique=True,
        sqlite_where=IN_FORCE, postgresql_where=IN_FORCE,
    )  # fmt: skip


def downgrade() -> None:
    """Forget them; what has been emptied stays so."""
    op.drop_table("legal_hold")
    for index in ("ix_dispute_case_contents", "ix_dispute_case_closed"):
        op.drop_index(index, table_name="dispute_case")
    op.drop_index("ix_request_contents", table_name="request")
    with op.batch_alter_table("dispute_case") as batch:
        batch.drop_column("emptied_step")
    for table in ("message", "request"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("emptied_at")
