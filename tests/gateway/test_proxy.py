"""The proxy of production before real doors: TLS, who has which certificate, and whose word on that is believed."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from gateway.bootstrap import shipped_simulator
from gateway.demo.cast import CAST, COURT, TOWNSHIP, VILLAGE, Calendar, referral
from tests.gateway.api.test_api import bearer
from tests.gateway.conftest import write_configuration
from tests.proxy import Certificate, Proxy, issue, make_secrets, running_proxy
from tests.servers import free_port, postgres, postgres_url, redis_server, redis_url

__all__ = ["postgres", "postgres_url", "redis_server", "redis_url"]
pytestmark = pytest.mark.live
ELSEWHERE = "127.0.0.2"  # an address of this machine that the proxy does not have
WITHIN = 180.0  # seconds until something that has to happen counts as not happening
ADMIN_TOKEN = "administrator-of-the-tests"  # no secret


class Front:
    """The proxy, one door behind it, and partners of whom two have to show a certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets = make_secrets(folder / "secrets")
        self.certificates = {
            name: issue(folder / f"{name}.pem", f"{name}.example", authority=self.secrets)
            for name in (COURT, VILLAGE, TOWNSHIP)
        }
        rows = {
            COURT: {"client_certificate": {"sha256": [self.certificates[COURT].sha256]}},
            VILLAGE: {"client_certificate": {"subject": f"CN={VILLAGE}.example"}},
        }
        self.keys = write_configuration(folder / "config", **rows)
        self.door_port = free_port()
        self.calendar = Calendar()
        self.proxy: Proxy  # put here when it runs
        self._cases = iter(range(10_000, 99_999))
        self._read = 0

    def referral(self) -> Mapping[str, Any]:
        """Return what a correctly signed push of a new case of the court consists of."""
        adapter = next(each.adapter for each in CAST if each.name == COURT)
        simulator = shipped_simulator(adapter)(gateway_url=None, partner=COURT, keys=self.keys[COURT])
        wrapped: Mapping[str, Any] = simulator.wrap([referral(self.calendar, f"AJ500242202{next(self._cases)}")])
        return wrapped

    def push(self, client: httpx.Client, **headers: str) -> httpx.Response:
        """Have the court push a new case through a client."""
        asked = self.referral()
        return client.request(
            asked["method"], f"/partners/{COURT}{asked['path']}", params=asked.get("query") or None,
            headers={**asked["headers"], **headers}, content=asked["body"],
        )  # fmt: skip

    def log(self) -> list[dict[str, Any]]:
        """Return what the door has logged of its callers since this was asked last."""
        text = (self.folder / "door.log").read_text(encoding="utf-8")
        lines, self._read = text[self._read :].splitlines(), len(text)
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return [event for event in events if str(event.get("event")).startswith("peer.")]

    def records(self) -> Any:
        """Return how many records the gateway holds."""
        with self.proxy.client(operators=True) as operator:
            return operator.get("/admin/counts", headers={"authorization": f"Bearer {ADMIN_TOKEN}"}).json()["records"]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A proxy and one door, the same for every test."""
    made = Front(tmp_path_factory.mktemp("front"))
    with (
        door(made, "127.0.0.1", "door"),
        running_proxy(secrets=made.secrets, door_port=made.door_port) as made.proxy,
    ):
        until(made.proxy.healthy, "the proxy reaches the door")
        yield made


@pytest.fixture
def front(standing: Front) -> Front:
    """The proxy and its door, whose log begins now."""
    standing.log()
    return standing


@contextmanager
def door(front: Front, address: str, name: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a door that believes the proxy; stop it at the end."""
    given = {
        "DATA_DIR": str(front.folder / name), "CONFIG_DIR": str(front.folder / "config"), "HOST": address,
        "PORT": str(front.door_port), "TRUSTED_PROXIES": "127.0.0.1/32", "LOG_JSON": "true",
        "ADMIN_TOKEN": ADMIN_TOKEN, **settings,
    }  # fmt: skip
    environment = {**os.environ, **{f"FENGQIAO_{key}": value for key, value in given.items()}}
    with (front.folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "gateway", "serve"], env=environment, stdout=log, stderr=log)
    try:

        def answers() -> bool:
            assert process.poll() is None, (front.folder / f"{name}.log").read_text()
            return ready(f"http://{address}:{front.door_port}")

        until(answers, f"{name} answers")
        yield process
    finally:
        process.terminate()
        process.wait(60)


def until(happened: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + WITHIN
    while not happened():
        assert time.monotonic() < give_up, f"not within {WITHIN:.0f} s: {what}"
        time.sleep(0.05)


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", trust_env=False, timeout=10).is_success
    except httpx.TransportError:
        return False


def identity(certificate: Certificate) -> dict[str, str]:
    """Return the headers in which the proxy hands a certificate on."""
    return {"x-client-verify": "SUCCESS", "x-client-cert": quote(certificate.pem)}


def test_only_a_partner_with_its_own_certificate_gets_in(front: Front, tmp_path: Path) -> None:
    right = front.certificates[COURT]
    with front.proxy.client(right) as court:
        answer = front.push(court)
        assert (answer.status_code, answer.json()["code"]) == (200, 0), answer.text
    before = front.records()
    with front.proxy.client() as nobody:
        assert front.push(nobody).status_code == 401
    with front.proxy.client(front.certificates[TOWNSHIP]) as other:
        assert front.push(other).status_code == 401
    strangers = [
        issue(tmp_path / "self.pem", f"{COURT}.example", authority=None),
        issue(tmp_path / "other-ca.pem", f"{COURT}.example", authority=make_secrets(tmp_path / "other-ca")),
        issue(tmp_path / "expired.pem", f"{COURT}.example", authority=front.secrets, days=-1),
    ]
    for certificate in strangers:
        with front.proxy.client(certificate) as stranger:
            assert front.push(stranger).status_code == 400  # nginx itself: it does not verify
    assert front.records() == before
    assert [each["event"] for each in front.log()] == ["peer.without_certificate", "peer.other_certificate"]


def test_a_row_may_name_a_subject_and_the_common_language_asks_too(front: Front) -> None:
    wrong = {"headers": bearer(VILLAGE), "json": {"type": "fengqiao.referral"}}
    with front.proxy.client(front.certificates[VILLAGE]) as village:
        assert village.post("/v1/messages", **wrong).status_code == 422  # let in, and only then read
    with front.proxy.client(front.certificates[COURT]) as court:
        assert court.post("/v1/messages", **wrong).status_code == 401
    with front.proxy.client() as nobody:
        assert nobody.post("/v1/messages", **wrong).status_code == 401
        assert nobody.post("/v1/messages", headers=bearer(TOWNSHIP), json=wrong["json"]).status_code == 422


def test_what_a_caller_writes_in_the_proxys_headers_ends_at_the_proxy(front: Front) -> None:
    forged = {**identity(front.certificates[COURT]), "x-forwarded-for": "203.0.113.9"}
    with front.proxy.client(source=ELSEWHERE) as caller:
        assert front.push(caller, **forged).status_code == 401
    with front.proxy.client(front.certificates[TOWNSHIP], source=ELSEWHERE) as caller:
        assert front.push(caller, **forged).status_code == 401
    seen = [(each["event"], each["host"]) for each in front.log()]
    assert seen == [("peer.without_certificate", ELSEWHERE), ("peer.other_certificate", ELSEWHERE)]


def test_an_identity_from_elsewhere_than_the_configured_proxy_is_refused(front: Front) -> None:
    right = identity(front.certificates[COURT])
    straight = f"http://127.0.0.1:{front.door_port}"
    with httpx.Client(base_url=straight, transport=httpx.HTTPTransport(local_address=ELSEWHERE)) as past:
        assert front.push(past, **right).status_code == 401
        assert front.push(past, **{**right, "x-forwarded-for": "127.0.0.1"}).status_code == 401
        assert front.push(past, **{"x-client-cert": right["x-client-cert"]}).status_code == 401
        assert front.push(past).status_code == 401
        pretending = past.post("/v1/messages", headers={**bearer(TOWNSHIP), **right}, json={})
        assert pretending.status_code == 401  # even where the row wants no certificate
    seen = [(each["event"], each["host"]) for each in front.log()]
    assert seen == [
        *[("peer.pretends_certificate", ELSEWHERE)] * 3,
        ("peer.without_certificate", ELSEWHERE),
        ("peer.pretends_certificate", ELSEWHERE),
    ]
    with httpx.Client(base_url=straight, transport=httpx.HTTPTransport(local_address="127.0.0.1")) as proxy:
        assert front.push(proxy, **right).status_code == 200  # the same words, said by the proxy


def test_bodies_are_bounded_where_they_come_in(front: Front) -> None:
    with front.proxy.client(front.certificates[COURT]) as court:
        large = court.post(f"/partners/{COURT}/push", content=b"x" * (34 * 2**20))
        assert (large.status_code, b"nginx" in large.content) == (413, True)
        fitting = court.post(f"/partners/{COURT}/push", content=b"x" * (32 * 2**20))
        assert fitting.status_code == 401  # the door's word: whole, and not signed
        ticket = court.post("/v1/documents", content=b"x" * (40 * 2**20), headers=bearer(TOWNSHIP))
        assert ticket.status_code == 413, ticket.text  # past the proxy; the partner's own limit is 20 MB
        assert "nginx" not in ticket.text
        assert court.post("/v1/documents", content=b"x" * 2**20, headers=bearer(TOWNSHIP)).is_success


@pytest.mark.parametrize(
    "path",
    ["/", "/admin/counts", "/metrics", "/docs", "/openapi.json", "/readyz", "/livez",
     "/partners/../admin/counts", "/v1/%2e%2e/admin/counts", "/v1/..%2fadmin/counts", "//admin/counts",
     "/admin/../partners/court/push", "/admin/cases/..%2f../partners/x", "/partners//../admin/counts"],
)  # fmt: skip
def test_partners_reach_partners_doors_and_nothing_else(path: str, front: Front) -> None:
    context = ssl.create_default_context(cafile=str(front.secrets / "tls_certificate"))
    raw = http.client.HTTPSConnection("localhost", front.proxy.port, context=context, timeout=60)
    try:
        raw.putrequest("GET", path)  # as it stands: other clients tidy it up
        raw.putheader("authorization", f"Bearer {ADMIN_TOKEN}")
        raw.endheaders()
        answer = raw.getresponse()
        body = answer.read().decode()
    finally:
        raw.close()
    assert answer.status in (400, 404), body
    assert "nginx" in body, "no door was asked"


def test_operators_have_a_port_of_their_own_which_takes_tls_only(front: Front) -> None:
    with front.proxy.client(operators=True) as operator:
        assert operator.get("/admin/counts").status_code == 401
        assert operator.get("/admin/counts", headers={"authorization": f"Bearer {ADMIN_TOKEN}"}).is_success
        assert operator.get("/docs").is_success
    plain = httpx.get(f"http://127.0.0.1:{front.proxy.port}/partners/{COURT}/push", trust_env=False)
    assert plain.status_code == 400
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"https://localhost:{front.proxy.port}/", trust_env=False)


def test_the_log_of_the_proxy_holds_no_query_no_header_and_no_name(front: Front) -> None:
    with front.proxy.client(front.certificates[COURT]) as court:
        court.get(f"/partners/{COURT}/query?name=许书宁", headers={"x-note": "13996000121"})
        front.push(court)
    until(lambda: f"POST /partners/{COURT}/push 200" in front.proxy.log(), "the push is logged")
    for personal in ("name=", "%E8%AE%B8", "许书宁", "13996000121", "500242198503120012"):
        assert personal not in front.proxy.log()


def test_doors_come_and_go_behind_it(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    front = Front(tmp_path)
    stores = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "DOCUMENTS_URL": (tmp_path / "papers").as_uri(),
              "KEY": "k1:" + "QUJD" * 10 + "QUI="}  # fmt: skip
    (tmp_path / "papers").mkdir()
    one, other = "127.0.0.11", "127.0.0.12"
    with ExitStack() as ends:
        ends.enter_context(door(front, one, "one", **stores))
        second = ends.enter_context(door(front, other, "other", **stores))
        front.proxy = ends.enter_context(
            running_proxy(secrets=front.secrets, door_port=front.door_port, doors=[one, other])
        )
        court = ends.enter_context(front.proxy.client(front.certificates[COURT]))

        def both_are_used() -> bool:
            assert front.push(court).status_code == 200
            return all(f"{each}:" in front.proxy.log() for each in (one, other))

        until(both_are_used, "both doors are used")
        second.kill()
        second.wait(60)
        for _ in range(8):  # the name server still names it: whoever is sent there is sent on
            assert front.push(court).status_code == 200
