"""Look, at every partner across a gate, what has come: records are taken in like the rest, answers close deliveries.

record   inbound: translate and keep ─► one commit: expected no more, its answer numbered ─► the answer goes out
answer   one commit: expected no more, the delivery it is about delivered or dead

A crash between the two commits of a record brings it once more; it is recognised by its id, and answered the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection

from gateway.canonical.identifiers import uuid7
from gateway.contract import POLLED, Authentic, Ferried, Request
from gateway.crossing import Crossing
from gateway.errors import GatewayError, PermanentFailure, TemporaryFailure, Undecodable
from gateway.inbound import Inbound
from gateway.mailbox import Mailboxes
from gateway.posts import Post
from gateway.store import ferry
from gateway.store.ferry import Loaded
from gateway.store.mailbox import ReceiptRow
from gateway.transports.ferry import Package

log = structlog.get_logger("fengqiao.ferry")
KEY_ID = "ferry"


@dataclass(slots=True, kw_only=True)
class Ferrying:
    """Call at the end of every partner that is reached by ferry, one call of a partner at a time."""

    inbound: Inbound
    mailboxes: Mailboxes
    posts: Callable[[], Iterable[Post]]
    _under_way: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)
    _troubles: dict[str, str] = field(default_factory=dict, init=False)  # what was said last of a partner's folders

    async def set_off(self) -> None:
        """Begin calling wherever no call is under way; return at once."""
        for post in self.posts():
            if post.crossing is not None and post.name not in self._under_way:
                self._under_way[post.name] = asyncio.create_task(self._call(post, post.crossing), name=post.name)

    async def stop(self) -> None:
        """Break off what is under way: what was not taken in is taken in later."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _call(self, post: Post, crossing: Crossing) -> None:
        try:
            if taken := await crossing.call(lambda package: self._take(post, crossing, package)):
                log.info("ferry.took", partner=post.name, count=taken)
            if self._troubles.pop(post.name, None):
                log.info("ferry.recovered", partner=post.name)
        except GatewayError as error:
            if self._troubles.get(post.name) != error.code:  # said once, not at every call
                log.warning("ferry.failed", partner=post.name, code=error.code, reason=error.text())
            self._troubles[post.name] = error.code
        except Exception:
            log.exception("ferry.fault", partner=post.name, fault_id=uuid7())
        finally:
            del self._under_way[post.name]

    async def _take(self, post: Post, crossing: Crossing, package: Package) -> None:
        if package.kind == "answer" and isinstance(post.adapter, Ferried):
            await self._answered(post, post.adapter, package)
        elif package.kind == "record":
            await self._arrived(post, crossing, package)
        else:
            log.error("ferry.kind_unknown", partner=post.name, kind=package.kind[:16])
            await crossing.ran(lambda connection: ferry.took(connection, post.name, package.number))

    async def _arrived(self, post: Post, crossing: Crossing, package: Package) -> None:
        request = Request(method=POLLED, path="/", body=package.contents)
        try:
            records = post.adapter.decode(request)
            kept = await self.inbound.take_in(post, request, Authentic(key_id=KEY_ID), records)
            answer = post.adapter.acknowledge(request, kept.outcomes)
        except Undecodable as error:
            log.warning("request.refused", partner=post.name, code=error.code)
            answer = post.adapter.refuse(request, error)
        loading = crossing.loading("answer", package.about, answer.body)

        def taken(connection: Connection) -> Loaded:
            ferry.took(connection, post.name, package.number)
            return loading(connection)

        await crossing.put(await crossing.ran(taken))

    async def _answered(self, post: Post, adapter: Ferried, package: Package) -> None:
        said = _receipt(adapter, package)
        await self.mailboxes.acknowledge(
            post, said, beside=lambda connection: ferry.took(connection, post.name, package.number)
        )


def _receipt(adapter: Ferried, package: Package) -> list[ReceiptRow]:
    """Return what an answer says of its record; nothing, where it says nothing that counts."""
    try:
        receipt = adapter.receipt(package.contents)
    except TemporaryFailure:
        return []  # the receipt stays due, and the record is sent again
    except PermanentFailure as failure:
        reason = str(failure.facts.get("partner_text") or failure.code)
        return [ReceiptRow(message_id=package.about, reason=reason)]
    return [ReceiptRow(message_id=package.about, partner_case_id=receipt.case_id)]
