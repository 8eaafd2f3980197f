"""The demonstration as a guest of a gateway that runs already: `fengqiao up` on this machine, and still empty.

the running gateway ─► is it empty? ─► partners' rows into its configuration folder, read again ─► the same story
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from gateway.demo.scenery import Scenery
from gateway.errors import GatewayError

WITHIN = 180.0  # seconds that one thing may take where redelivery and leases are as in production


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The running gateway: its address, the token of its administration, its configuration folder."""

    url: str
    token: str = field(repr=False)
    config: Path


@dataclass(slots=True)
class Guest(Scenery):
    """Pretend partners of our own, at somebody else's gateway. At the end the partners go and the gateway stays."""

    host: Host = field(kw_only=True)

    @property
    def gateway_url(self) -> str:
        """Return the gateway's address."""
        return self.host.url

    @property
    def config(self) -> Path:
        """Return the folder of the gateway's configuration."""
        return self.host.config

    def kill_gateway(self) -> None:
        """Refuse: it is not ours."""
        raise GatewayError("demo.not_ours")

    def start_gateway(self) -> None:
        """Have the running gateway read the configuration. Raises GatewayError when it does not answer."""
        try:
            self.administration_post("reload")
        except OSError:
            raise GatewayError("demo.no_host", gateway=self.host.url) from None

    def _set_up(self) -> None:
        self._require_empty()
        super(Guest, self)._set_up()

    def _token(self) -> str:
        return self.host.token

    def _require_empty(self) -> None:
        """Raise GatewayError unless nobody uses this gateway yet: a story does not belong among real cases."""
        try:
            counts = self.administration("counts")
        except OSError:
            raise GatewayError("demo.no_host", gateway=self.host.url) from None
        if counts["cases"] or counts["records"] or any((self.host.config / "partners").glob("*.y*ml")):
            raise GatewayError("demo.not_empty", folder=str(self.host.config))
