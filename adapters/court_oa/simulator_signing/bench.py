"""A court's signing bench: one hierarchy, one seal, and rulings signed with them in every form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from adapters.court_oa.simulator_signing import ofd, pdf
from adapters.court_oa.simulator_signing.certificates import Issued
from adapters.court_oa.simulator_signing.hierarchy import YEAR, Hierarchy
from adapters.court_oa.simulator_signing.keys import sm3
from adapters.court_oa.simulator_signing.messages import signed_message
from adapters.court_oa.simulator_signing.ruling import Ruling
from adapters.court_oa.simulator_signing.seals import SealWanted, make_seal, put_seal

Change = Callable[[ofd.Files], ofd.Files]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What is needed to sign; every method takes what is to be otherwise."""

    people: Hierarchy
    at: datetime
    ruling: Ruling = field(default_factory=Ruling)

    @property
    def wanted(self) -> SealWanted:
        """Return what the court's seal says."""
        return SealWanted(name=self.ruling.court, start=self.at - YEAR / 2, end=self.at + YEAR / 2)

    def seal(
        self, wanted: SealWanted | None = None, *, listed: Issued | None = None, maker: Issued | None = None
    ) -> bytes:
        """Return a seal for ``listed``, the court's signer unless another is given."""
        return make_seal(wanted or self.wanted, maker or self.people.maker, (listed or self.people.court,))

    def sealed_ofd(
        self, *, wanted: SealWanted | None = None, seal: bytes | None = None, signer: Issued | None = None,
        at: datetime | None = None, seal_file: bytes | None = None, change: Change | None = None,
        signing: dict[str, Any] | None = None, **put: Any,
    ) -> bytes:  # fmt: skip
        """Return the ruling as a sealed OFD; ``put`` goes to the seal, ``change`` alters the files after signing."""
        wanted = wanted or self.wanted
        chosen = seal or self.seal(wanted, listed=signer)
        moment = at or self.at
        given = {"signer": signer or self.people.court, "at": moment, "version": wanted.version, **put}
        one = ofd.Signing(
            sign=lambda message: put_seal(chosen, message, place="/Doc_0/Signs/Sign_0/Signature.xml", **given),
            at=moment,
            seal_file=seal_file or chosen,
            **(signing or {}),
        )
        files = ofd.signed(ofd.unsigned(self.ruling), one)
        return ofd.packed(change(files) if change else files)

    def message_ofd(self, **given: Any) -> bytes:
        """Return the ruling as an OFD whose value is a SignedData that carries the digest of Signature.xml."""
        signer = given.pop("signer", self.people.court)
        one = ofd.Signing(
            sign=lambda message: signed_message(
                sm3(message), signer, at=self.at, carried=True, **{"attributes": False, **given}
            ),
            at=self.at,
        )
        return ofd.packed(ofd.signed(ofd.unsigned(self.ruling), one))

    def message_pdf(self, *, signer: Issued | None = None, at: datetime | None = None, **given: Any) -> bytes:
        """Return the ruling as a PDF with a SignedData: CMS, or for SM2 the form of GB/T 35275."""
        moment = at or self.at
        chain = {"others": (self.people.issuing,), **given}
        who = signer or self.people.court
        signing = pdf.Signing(sign=lambda message: signed_message(message, who, at=moment, **chain), at=moment)
        return pdf.signed(self.ruling, signing)

    def sealed_pdf(
        self, *, wanted: SealWanted | None = None, seal: bytes | None = None, signer: Issued | None = None,
        at: datetime | None = None, **put: Any,
    ) -> bytes:  # fmt: skip
        """Return the ruling as a PDF with an SES_Signature."""
        wanted = wanted or self.wanted
        chosen = seal or self.seal(wanted, listed=signer)
        moment = at or self.at
        given = {"signer": signer or self.people.court, "at": moment, "version": wanted.version, **put}
        signing = pdf.Signing(
            sign=lambda message: put_seal(chosen, message, place="Seal", **given), at=moment, subfilter="GM.sm2seal"
        )
        return pdf.signed(self.ruling, signing)

    def saying(self, **other: Any) -> Bench:
        """Return a bench whose ruling says something else."""
        return replace(self, ruling=replace(self.ruling, **other))
