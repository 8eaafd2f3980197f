"""Any partner with an ordinary interface, by its row: what comes in, what goes out, and how each side proves itself.

records come in     authenticate (proof_in.py) ─► decode (incoming.py) … acknowledge (acknowledgement.py)
records go out      request (outgoing.py, proof_out.py) ─► its answer (answer.py) ─► Receipt
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from adapters.rest.acknowledgement import Acknowledgement
from adapters.rest.incoming import Incoming, read_incoming
from adapters.rest.outgoing import Outgoing, read_outgoing
from gateway.contract import Authentic, Exchange, Handed, Outcome, Partner, Receipt, Record, Request, Response
from gateway.errors import GatewayError, NotAuthentic, PermanentFailure, Undecodable, Untranslatable
from gateway.wire.settings_form import Form


class Rest:
    """One partner as its row describes it; README.md lists every setting."""

    name: ClassVar[str] = "rest"
    inlines_up_to: ClassVar[int] = 8 * 1024 * 1024  # documents travel as base64 inside the record
    recognises_resends: ClassVar[bool] = True  # unless the row says otherwise

    def __new__(cls, partner: Partner) -> Self:
        """Make an adapter of the kind that does not recognise resends where the row says so."""
        forgets = partner.settings.get("recognises_resends", True) is False
        return super().__new__(_Forgetful if forgets else cls)  # type: ignore[return-value]  # a subclass

    def __init__(self, partner: Partner) -> None:
        form = Form(partner.settings)
        form.flag("recognises_resends", default=True)
        if "in" not in form and "out" not in form:
            raise form.fault("", "rest.neither_way", "describe what comes in (in), what goes out (out), or both")
        self._partner = partner
        self._in: Incoming | None = read_incoming(form.inner("in")) if "in" in form else form.raw("in")
        self._out: Outgoing | None = read_outgoing(form.inner("out")) if "out" in form else form.raw("out")
        form.close()

    def authenticate(self, request: Request) -> Authentic:
        """Check the proof that the row asks for. Raises NotAuthentic."""
        if self._in is None:
            raise NotAuthentic("rest.sends_nothing")
        return self._in.proof.check(request, self._in.body, self._partner.secret, self._partner.now())

    def decode(self, request: Request) -> list[Record]:
        """Return the records in a request. Raises Undecodable."""
        if self._in is None:
            raise Undecodable("rest.sends_nothing")
        return self._in.decode(request)

    def acknowledge(self, request: Request, outcomes: Sequence[Outcome]) -> Response:  # noqa: ARG002  # the contract's
        """Answer as the row has it."""
        return self._acknowledgement.of(outcomes)

    def refuse(self, request: Request, error: GatewayError) -> Response:  # noqa: ARG002  # the contract's
        """Answer that nothing was taken, as the row has it."""
        return self._acknowledgement.refusal(error)

    def deliver(self, record: Record) -> Exchange[Receipt | Handed]:
        """Send a record. Raises TemporaryFailure or PermanentFailure."""
        if self._out is None:
            raise PermanentFailure("rest.receives_nothing", partner=self._partner.name)
        try:
            request = self._out.request(record, self._partner)
        except Untranslatable as error:
            raise PermanentFailure(error.code, **error.facts) from error
        response = yield request
        return self._out.answers.receipt(response, record, self._partner.now())

    @property
    def _acknowledgement(self) -> Acknowledgement:
        return Acknowledgement() if self._in is None else self._in.acknowledgement


class _Forgetful(Rest):
    """A partner that would act twice on a record sent twice."""

    recognises_resends: ClassVar[bool] = False
