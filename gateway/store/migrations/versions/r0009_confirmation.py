"""Applications for confirmation are kept beside the legs of a case, and until when its holder has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
additive = True  # a gateway that knows only the step before leaves both empty


def upgrade() -> None:
    """Make the table, and the column."""
    op.create_table(
        "confirmation",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("applicant", sa.String(length=128), nullable=False),
        sa.Column("court", sa.String(length=128), nullable=False),
        sa.Column("court_number", sa.String(length=128), nullable=True),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.String(length=10), nullable=True),
        sa.Column("review_due_on", sa.String(length=10), nullable=True),
        sa.Column("supply_by", sa.String(length=10), nullable=True),
        sa.Column("result", sa.String(length=32), nullable=True),
        sa.Column("document", sa.String(length=128), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["dispute_case.id"], name=op.f("fk_confirmation_case_id_dispute_case")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_confirmation")),
    )
    with op.batch_alter_table("dispute_case") as batch:
        batch.add_column(sa.Column("holder_until", sa.String(length=10), nullable=True))


def downgrade() -> None:
    """Forget both; the case's snapshot has the applications still."""
    with op.batch_alter_table("dispute_case") as batch:
        batch.drop_column("holder_until")
    op.drop_table("confirmation")
