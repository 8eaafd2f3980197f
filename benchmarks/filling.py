"""Fill a store with deliveries that wait: one referral is taken in as any other, then copied as often as is wanted.

referral ─► Inbound.receive ─► rows of case, message and delivery ─► copies under new ids, each sealed for itself
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update

from benchmarks.load import signed
from gateway.bootstrap import Gateway
from gateway.canonical.identifiers import uuid7
from gateway.demo.cast import COURT
from gateway.store.bulk import insert_rows
from gateway.store.tables import delivery, dispute_case, message
from gateway.store.times import millis

AT_ONCE = 2_000
Row = dict[str, Any]
TABLES: Sequence[Table] = (dispute_case, message, delivery)


class Copies:
    """The rows of one referral and what its message says, ready to be copied."""

    def __init__(self, gateway: Gateway, rows: dict[Table, Row]) -> None:
        self._gateway = gateway
        self._rows = rows
        self._id: str = rows[message]["id"]
        self._said = gateway.store.cipher.open(rows[message]["content_sealed"], context=self._id.encode())

    @classmethod
    async def of(cls, gateway: Gateway, case: str) -> Copies:
        """Take a referral in, and take its own delivery out of what is due."""
        response = await gateway.inbound.receive(gateway.post(COURT), signed(case, datetime.now(UTC)))
        assert response.status == 200, response.body
        with gateway.store.engine.connect() as connection:
            kept = connection.execute(select(message).order_by(message.c.id.desc()).limit(1)).mappings().one()
            case_row = connection.execute(select(dispute_case).where(dispute_case.c.id == kept["case_id"])).mappings()
            due = connection.execute(select(delivery).where(delivery.c.message_id == kept["id"])).mappings().first()
            rows = {dispute_case: dict(case_row.one()), message: dict(kept), delivery: dict(due or {})}
        put_away = update(delivery).where(delivery.c.message_id == kept["id"]).values(status="withdrawn", due_at=None)
        await gateway.writer.ran(lambda connection: connection.execute(put_away))
        return cls(gateway, rows)

    async def write(self, count: int, partners: Sequence[str]) -> None:
        """Write ``count`` copies in all, due now, to these partners in turn."""
        for begin in range(0, count, AT_ONCE):
            size = min(AT_ONCE, count - begin)
            names = [partners[n % len(partners)] for n in range(begin, begin + size)]
            await self._gateway.writer.ran(lambda connection, names=names: self._insert(connection, names))

    def _insert(self, connection: Connection, partners: Sequence[str]) -> None:
        copies = [self._copy(partner) for partner in partners]
        for table in TABLES:
            insert_rows(connection, table, [copy[table] for copy in copies])

    def _copy(self, partner: str) -> dict[Table, Row]:
        now, message_id, case_id = millis(datetime.now(UTC)), uuid7(), uuid7()
        said = self._said.replace(self._id.encode(), message_id.encode())
        sealed = self._gateway.store.cipher.seal(said, context=message_id.encode())
        opened = {"id": case_id, "opened_by": message_id, "leg_opened_by": message_id}
        due = {"id": uuid7(), "message_id": message_id, "case_id": case_id, "partner": partner}
        return {
            dispute_case: self._rows[dispute_case] | opened,
            message: self._rows[message] | {"id": message_id, "case_id": case_id, "content_sealed": sealed},
            delivery: self._rows[delivery] | due | {"due_at": now, "created_at": now, "status": "pending"},
        }
