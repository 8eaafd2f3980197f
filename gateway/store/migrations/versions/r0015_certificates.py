"""Certificates of performance beside the rulings: which of the two a row is, and the messages that bring one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
additive = True  # a gateway of the step before cannot judge a waiting certificate, and gives it to nobody

CERTIFICATE = sa.text("type = 'certificate'")


def upgrade() -> None:
    """Add the column; what is here already are rulings, and certificates that were given out when they came."""
    op.add_column("ruling", sa.Column("paper", sa.String(length=16), nullable=False, server_default="ruling"))
    op.create_index(
        "ix_message_certificate", "message", ["received_at"],
        sqlite_where=CERTIFICATE, postgresql_where=CERTIFICATE,
    )  # fmt: skip


def downgrade() -> None:
    """Forget what was found about certificates; their messages and files stay."""
    op.drop_index("ix_message_certificate", table_name="message")
    op.execute(
        "DELETE FROM ruling_certificate WHERE message_id IN (SELECT message_id FROM ruling WHERE paper = 'certificate')"
    )
    op.execute("DELETE FROM ruling WHERE paper = 'certificate'")
    with op.batch_alter_table("ruling") as batch:
        batch.drop_column("paper")
