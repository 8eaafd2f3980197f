"""What docker-compose.yml says, started here: it becomes healthy, and a referral goes from proxy to partner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from gateway.bootstrap import shipped_simulator
from gateway.demo.cast import COURT, VILLAGE, Calendar, referral
from tests.composed import Composed, until
from tests.contract.wires import served
from tests.gateway.conftest import write_configuration
from tests.proxy import issue

pytestmark = pytest.mark.live
CASE = "AJ50024220260001"


def test_everything_becomes_healthy_and_carries_a_referral(tmp_path: Path) -> None:
    composed = Composed(tmp_path)
    certificate = issue(tmp_path / "court.pem", "court.example", authority=composed.secrets)
    with (
        partners(composed, certificate.sha256) as (keys, village),
        composed.up(api=2, worker=2),
        composed.proxy.client(certificate) as court,
        httpx.Client(base_url=village, trust_env=False) as pretended,
    ):
        asked = shipped_simulator("court_platform")(gateway_url=None, partner=COURT, keys=keys[COURT]).wrap(
            [referral(Calendar(), CASE)]
        )
        answer = court.request(
            asked["method"], f"/partners/{COURT}{asked['path']}", params=asked.get("query") or None,
            headers=asked["headers"], content=asked["body"],
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (200, 0), answer.text
        until(
            lambda: [each["kind"] for each in pretended.get("/_sim/received").json()] == ["case.dispatch"], "it is told"
        )
        administered(composed)
        measured(composed)
    assert all(container.process and container.process.returncode == 0 for container in composed.containers.values())
    for name, container in composed.containers.items():
        assert not list(container.work.iterdir()), f"{name} has written where its file system may only be read"
        assert "许书宁" not in container.log(), name


def administered(composed: Composed) -> None:
    """Ask the administration through the operators' port, with the token of the secret."""
    token = (composed.secrets / "admin_token").read_text().strip()
    with composed.proxy.client(operators=True) as operator:
        asked = partial(operator.get, "/admin/counts", headers={"authorization": f"Bearer {token}"})
        until(lambda: asked().json()["deliveries"] == {"delivered": 1}, "its delivery is closed")
        assert asked().json()["records"] == {"accepted": 1}


def measured(composed: Composed) -> None:
    """Scrape workers and clocks where the monitoring of the compose file does."""
    token = (composed.secrets / "metrics_token").read_text().strip()
    for name, container in composed.containers.items():
        if name.startswith(("worker", "clock")):
            given = container.environment
            url = f"http://{given['FENGQIAO_HOST']}:{given['FENGQIAO_METRICS_PORT']}/metrics"
            scraped = httpx.get(url, headers={"authorization": f"Bearer {token}"}, trust_env=False, timeout=30)
            assert "fengqiao_" in scraped.text, name


@contextmanager
def partners(composed: Composed, fingerprint: str) -> Iterator[tuple[Mapping[str, Mapping[str, str]], str]]:
    """Write the configuration and have the village listen; give the partners' keys and the village's address."""
    keys = write_configuration(composed.config)
    village = shipped_simulator("mediation_center")(gateway_url=None, partner=VILLAGE, keys=keys[VILLAGE])
    with served(village.app) as url:
        rows = {VILLAGE: {"base_url": url}, COURT: {"client_certificate": {"sha256": [fingerprint]}}}
        again = write_configuration(composed.config, **rows)
        for partner, secrets in keys.items():
            for name in again[partner]:
                (composed.config / "secrets" / f"{partner}.{name}").write_text(secrets[name])
        yield keys, url
