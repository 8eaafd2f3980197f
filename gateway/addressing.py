"""A kept message as one receiver gets it: its own id of the case, no id of the sender's, and what was left unsaid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.canonical.messages import Message, parse
from gateway.completion import Told, complete, name_anew
from gateway.posts import Post
from gateway.store.books import open_content
from gateway.store.cipher import Cipher
from gateway.store.outbox import Claimed
from gateway.store.times import moment


@dataclass(frozen=True, slots=True)
class Addressing:
    """Open what is claimed, and address it."""

    cipher: Cipher

    def message(self, post: Post, claimed: Claimed) -> Message:
        """Open a kept message and return it as this receiver gets it.

        A document is named by its digest, and so is the evidence of a consent. What goes to a new holder is completed
        from what was said before.
        """
        said = self._opened(claimed.message_id, claimed.message["content_sealed"])
        said |= {
            "subject": claimed.case_id,
            "receivedtime": moment(claimed.message["received_at"]),
            "correlationid": claimed.opened_by,
            "causationid": claimed.message["causation_id"],
        }
        about = said["data"]
        if "case" in about:
            own = {"gateway_id": claimed.case_id, "partner_id": claimed.partner_case_id, "leg": claimed.message["leg"]}
            about["case"] |= own
        name_anew(about, claimed.documents)
        if claimed.earlier:
            told = [Told(kept=each, about=self._opened(each.id, each.sealed)["data"]) for each in claimed.earlier]
            complete(about, told, post.revision.directory)
        return parse(said)

    def _opened(self, message_id: str, sealed: bytes) -> dict[str, Any]:
        said: dict[str, Any] = open_content(self.cipher.open(sealed, context=message_id.encode()))["message"]
        return said
