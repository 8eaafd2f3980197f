"""Pairs of parties as keyed digests, and the cases that are suspected to be one dispute because of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
additive = True  # a gateway that knows only the step before compares nothing

UNDECIDED = sa.text("verdict IS NULL")


def upgrade() -> None:
    """Make both tables. Who the parties of kept cases are is sealed: these are compared with nothing."""
    op.create_table(
        "party_pair",
        sa.Column("digest", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("within", sa.SmallInteger(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("division", sa.String(length=12), nullable=True),
        sa.Column("place", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", "day", "case_id", name=op.f("pk_party_pair")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_party_pair_case_id", "party_pair", ["case_id"])
    op.create_table(
        "suspicion",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("other_case_id", sa.String(length=36), nullable=False),
        sa.Column("grounds", sa.String(length=64), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.String(length=128), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspicion")),
        sa.UniqueConstraint("case_id", "other_case_id", name=op.f("uq_suspicion_case_id_other_case_id")),
    )
    op.create_index("ix_suspicion_other_case_id", "suspicion", ["other_case_id"])
    op.create_index("ix_suspicion_open", "suspicion", ["found_at"], sqlite_where=UNDECIDED, postgresql_where=UNDECIDED)


def downgrade() -> None:
    """Forget what was suspected, and what was said of it."""
    op.drop_table("suspicion")
    op.drop_table("party_pair")
