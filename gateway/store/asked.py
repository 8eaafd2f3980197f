"""What a message answers: found among the messages that its sender was sent, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from gateway.canonical.messages import Message
from gateway.store.among import among
from gateway.store.arrivals import Asked
from gateway.store.tables import delivery
from gateway.store.tables import message as message_table

Question = tuple[str, str]  # the partner that answers, the id of the message

_SENT_TO = (
    select(
        delivery.c.partner.label("answers"),
        message_table.c.id,
        message_table.c.type,
        message_table.c.sender,
        message_table.c.partner,
        message_table.c.case_id,
    )
    .join(message_table, message_table.c.id == delivery.c.message_id)
    .where(among(delivery.c.message_id, "ids"))
)


def question_of(partner: str, message: Message) -> Question | None:
    """Return which message a partner answers with this one, None where it answers none."""
    answered = getattr(message.data, "answers", None)
    return (partner, answered) if answered else None


def find(connection: Connection, questions: Iterable[Question]) -> dict[Question, Asked]:
    """Return what is known of each question that was sent to the partner that answers it."""
    wanted = set(questions)
    if not wanted:
        return {}
    rows = connection.execute(_SENT_TO, {"ids": sorted({name for _, name in wanted})})
    return {
        (row.answers, row.id): Asked(
            id=row.id, kind=row.type, sender=row.sender, partner=row.partner, case_id=row.case_id
        )
        for row in rows
        if (row.answers, row.id) in wanted
    }
