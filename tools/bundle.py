"""Pack everything that a machine without any network needs: wheels for this platform, an installer, checksums.

python -m tools.bundle [FOLDER]        FOLDER: dist/fengqiao-gateway-VERSION-PLATFORM, and beside it a .tar.gz

requirements.lock ─► what the gateway needs of it ─► wheels, each checked against its hash ─┐
this project ─► wheel ────────────────────────────────────────────────────────────────────┼─► SHA256SUMS
deploy/bundle/install.sh, deploy/, docker-compose*.yml ───────────────────────────────────┘
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from packaging.tags import sys_tags
from packaging.utils import canonicalize_name

from gateway import __version__
from tools.surplus import needed

ROOT = Path(__file__).parent.parent
WANTED = "fengqiao-gateway[postgres,redis-fast,s3,otel,excel,sftp]"
_REQUIREMENT = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==.*(?:\n[ \t]+.*)*", re.MULTILINE)


def bundle(folder: Path) -> Path:
    """Fill a folder, which must not be there yet, and return its archive."""
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    locked = _locked((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    lock = folder / "requirements.lock"
    lock.write_text(locked, encoding="utf-8")
    _pip("wheel", "--no-deps", "--require-hashes", "--wheel-dir", wheels, "-r", lock)
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, ROOT)
    lock.unlink()
    (folder / "requirements.txt").write_text(_pinned(wheels), encoding="utf-8")
    for name in ("install.sh", "README.txt"):
        shutil.copy(ROOT / "deploy" / "bundle" / name, folder / name)
    (folder / "PYTHON").write_text(f"{sys.version_info.major}.{sys.version_info.minor}\n", encoding="ascii")
    (folder / "SHA256SUMS").write_text(_sums(folder), encoding="utf-8")
    archive = folder.with_name(f"{folder.name}.tar.gz")
    with tarfile.open(archive, "w:gz", compresslevel=1) as packed:  # wheels are compressed already
        packed.add(folder, folder.name)
    return archive


def platform_name() -> str:
    """Return the name of this interpreter and platform, as wheels have it."""
    tag = next(iter(sys_tags()))
    return f"{tag.interpreter}-{tag.platform}"


def _locked(lock: str) -> str:
    """Return what of the lock the gateway itself needs, with its hashes."""
    wanted = needed(WANTED)
    found = [each for each in _REQUIREMENT.finditer(lock) if canonicalize_name(each[1]) in wanted]
    return "\n".join(each[0] for each in found) + "\n"


def _pinned(wheels: Path) -> str:
    """Return the wheels as requirements: what may be installed, byte by byte."""
    lines = []
    for wheel in sorted(wheels.glob("*.whl")):
        name, version = wheel.name.split("-")[:2]
        lines.append(f"{name.replace('_', '-')}=={version} --hash=sha256:{_digest(wheel)}")
    return "\n".join(lines) + "\n"


def _sums(folder: Path) -> str:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return "".join(f"{_digest(file)}  {file.relative_to(folder).as_posix()}\n" for file in files)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _pip(*words: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", *words, "--quiet", "--disable-pip-version-check"], check=True)  # noqa: S603  # our own words


def main(arguments: list[str]) -> int:
    """Make the bundle and say where it is."""
    folder = Path(arguments[0]) if arguments else ROOT / "dist" / f"fengqiao-gateway-{__version__}-{platform_name()}"
    if folder.exists():
        shutil.rmtree(folder) if (folder / "SHA256SUMS").exists() else sys.exit(f"{folder} is there already")
    print(bundle(folder.absolute()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
