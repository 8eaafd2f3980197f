"""The proxy of production for tests: a real nginx over deploy/proxy/nginx.conf, its ports, paths and names put here.

    partner ─TLS─► nginx (as nobody, where we are root) ─ asks a name server of ours for "api" ─► doors on loopback

Where there is no nginx its tests are skipped, except where ``CI`` is set: there that is a failure.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import signal
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import httpx
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.server_programs import other_user
from tests.servers import Server, ended, folder_for, free_port, missing

ROOT = Path(__file__).resolve().parent.parent
SERVICE = "api"  # what the doors are called on the network of the compose file
_MOUNTED = ("tls_certificate", "tls_key", "client_ca")


class NameServer:
    """Docker's name server in small: it knows one name, and whatever addresses it has now (RFC 1035)."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        told = self

        class Question(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                packet, answering = self.request
                answering.sendto(told.answer(packet), self.client_address)

        self._server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Question)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> NameServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, packet: bytes) -> bytes:
        """Return the answer to one question: addresses that hold for a second, or that there is no such name."""
        end = packet.index(b"\0", 12) + 5  # behind the name: its type and its class
        known = packet[12 : end - 4] == bytes([len(SERVICE), *SERVICE.encode(), 0])
        found = self.addresses if known and packet[end - 4 : end - 2] == b"\0\1" else []
        flags = b"\x85\x80" if known else b"\x85\x83"
        head = packet[:2] + flags + b"\0\1" + len(found).to_bytes(2, "big") + b"\0\0\0\0"
        answers = (b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + ip_address(address).packed for address in found)
        return head + packet[12:end] + b"".join(answers)


class Proxy(Server):
    """An nginx that runs the shipped file."""

    def __init__(self, folder: Path, *, user: str | None, names: NameServer, door_port: int, secrets: Path) -> None:
        super().__init__(folder, user=user)
        self.operators_port, self._health_port = free_port(), free_port()
        self._secrets = secrets
        self._write(names, door_port)
        for name in _MOUNTED:
            shutil.copy(secrets / name, folder / name)
        (folder / "tmp").mkdir()
        (folder / "log").touch()  # it opens /dev/stdout anew: Docker, too, gives that to the container's user
        if user:
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, user)

    def client(
        self, certificate: Certificate | None = None, *, operators: bool = False, source: str = "127.0.0.1"
    ) -> httpx.Client:
        """Return a client that trusts this proxy; the caller closes it. ``source``: the address that it calls from."""
        context = ssl.create_default_context(cafile=str(self._secrets / "tls_certificate"))
        if certificate:
            context.load_cert_chain(certificate.file)
        port = self.operators_port if operators else self.port
        transport = httpx.HTTPTransport(verify=context, local_address=source)
        return httpx.Client(base_url=f"https://localhost:{port}", transport=transport, timeout=60)

    def healthy(self) -> bool:
        """Ask what the health check of its container asks."""
        try:
            return httpx.get(f"http://127.0.0.1:{self._health_port}/readyz", trust_env=False, timeout=10).is_success
        except httpx.TransportError:
            return False

    def log(self) -> str:
        """Return what it has printed."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def _write(self, names: NameServer, door_port: int) -> None:
        text = (ROOT / "deploy/proxy/nginx.conf").read_text(encoding="utf-8")
        here = {
            "listen 8443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "listen 8444 ssl;": f"listen 127.0.0.1:{self.operators_port} ssl;",
            "listen 127.0.0.1:8081;": f"listen 127.0.0.1:{self._health_port};",
            "resolver 127.0.0.11 valid=5s": f"resolver 127.0.0.1:{names.port} valid=1s",
            f"{SERVICE}:8480": f"{SERVICE}:{door_port}",
            "/run/secrets/": f"{self.folder}/",
            " /tmp/": f" {self.folder}/tmp/",
        }
        assert all(there in text for there in here), "nginx.conf no longer says what is replaced here"
        replaced = re.sub("|".join(map(re.escape, here)), lambda found: here[found[0]], text)
        (self.folder / "fengqiao.conf").write_text(replaced, encoding="utf-8")

    def _command(self) -> Sequence[str | Path]:
        services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
        words = services["proxy"]["entrypoint"]
        assert words[0] == "nginx"
        inside = {"nginx": program(), "/etc/nginx/fengqiao.conf": self.folder / "fengqiao.conf"}
        return [inside.get(word) or word for word in words]

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5):
                return True
        except OSError:
            return False

    def _end(self, process: subprocess.Popen[bytes], how: signal.Signals | None, *, immediate: bool) -> None:
        process.send_signal(how or (signal.SIGTERM if immediate else signal.SIGQUIT))


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A client certificate with its key, in one PEM file."""

    file: Path
    public: x509.Certificate

    @property
    def sha256(self) -> str:
        """Its fingerprint, as ``openssl x509 -fingerprint -sha256`` writes it."""
        return self.public.fingerprint(hashes.SHA256()).hex(":").upper()

    @property
    def pem(self) -> str:
        return self.public.public_bytes(serialization.Encoding.PEM).decode()


def issue(file: Path, subject: str, *, authority: Path | None, days: int = 30) -> Certificate:
    """Make a client certificate that the client CA among the secrets in ``authority`` signs, or else itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    issuer, signer = name, key
    if authority:
        issuer = x509.load_pem_x509_certificate((authority / "client_ca").read_bytes()).subject
        loaded = serialization.load_pem_private_key((authority / "client_ca_key").read_bytes(), password=None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        signer = loaded
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number())
    built = built.not_valid_before(until - dt.timedelta(days=60)).not_valid_after(until)
    public = built.sign(signer, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + public.public_bytes(serialization.Encoding.PEM))
    return Certificate(file=file, public=public)


def make_secrets(folder: Path) -> Path:
    """Make the secrets of the compose file as its administrator does."""
    subprocess.run(["sh", "deploy/make-secrets.sh", str(folder)], cwd=ROOT, check=True, capture_output=True)
    return folder


def program() -> Path | None:
    """Return nginx; Debian's lies where only root's path leads."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


@contextmanager
def running_proxy(*, secrets: Path, door_port: int, doors: Sequence[str] = ("127.0.0.1",)) -> Iterator[Proxy]:
    """Run the proxy in front of doors at these addresses. Skips or fails the test when there is no nginx."""
    if program() is None:
        missing("nginx is not installed (Debian, Ubuntu: nginx-light)")
    with ExitStack() as ends:
        names = ends.enter_context(NameServer())
        names.addresses[:] = doors
        folder = ends.enter_context(folder_for("proxy", user := other_user()))
        proxy = Proxy(folder, user=user, names=names, door_port=door_port, secrets=secrets)
        yield ends.enter_context(ended(proxy))
