"""Rulings: one row for each file that came back, with what was found about it and what it rests on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
additive = True  # a gateway of the step before delivers no ruling; what it takes in is found by its message

RULING = sa.text("type = 'ruling'")
REVOKED = sa.text("state = 'REVOKED'")
UNFINISHED = sa.text("state IN ('AWAITING', 'UNDECIDED', 'QUARANTINED', 'VERIFIED', 'SERVING')")


def upgrade() -> None:
    """Make the tables; the rulings that are here already get their rows from whoever verifies."""
    op.create_table(
        "ruling",
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(length=128), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("replaces", sa.String(length=128), nullable=True),
        sa.Column("replaced_by", sa.String(length=128), nullable=True),
        sa.Column("result", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("sm3", sa.String(length=64), nullable=True),
        sa.Column("checks", sa.Text(), nullable=True),
        sa.Column("evidence", sa.String(length=64), nullable=True),
        sa.Column("verified_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(length=128), nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["dispute_case.id"], name=op.f("fk_ruling_case_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_ruling_message_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_ruling")),
    )
    op.create_index("ix_ruling_case_id", "ruling", ["case_id"])
    op.create_index("ix_ruling_evidence", "ruling", ["evidence"])
    op.create_index(
        "ix_ruling_unfinished", "ruling", ["state", "received_at"], sqlite_where=UNFINISHED, postgresql_where=UNFINISHED
    )
    op.create_table(
        "ruling_certificate",
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["ruling.message_id"], name=op.f("fk_ruling_certificate_message_id")),
        sa.PrimaryKeyConstraint("message_id", "kind", "value", name=op.f("pk_ruling_certificate")),
    )
    op.create_index("ix_ruling_certificate_value", "ruling_certificate", ["kind", "value"])
    op.create_index("ix_message_ruling", "message", ["received_at"], sqlite_where=RULING, postgresql_where=RULING)
    op.create_index(
        "ix_confirmation_revoked", "confirmation", ["case_id", "number"],
        sqlite_where=REVOKED, postgresql_where=REVOKED,
    )  # fmt: skip


def downgrade() -> None:
    """Forget what was found; the messages and their files stay."""
    op.drop_index("ix_confirmation_revoked", table_name="confirmation")
    op.drop_index("ix_message_ruling", table_name="message")
    op.drop_table("ruling_certificate")
    op.drop_table("ruling")
