"""Open the store: take its lock, bring its tables forward, find its key, and the administration's token beside it."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import ConfigurationFault
from gateway.settings import Settings
from gateway.store import engine as database
from gateway.store.cipher import Cipher
from gateway.store.documents import Documents, FolderShelf, Shelf
from gateway.store.keys import check_canary, load_keys, sealed_names
from gateway.store.lock import StoreLock


@dataclass(slots=True)
class Store:
    """The opened store: what reading and writing needs, whoever does it."""

    engine: Engine
    cipher: Cipher
    documents: Documents
    lock: StoreLock | None
    notice: str | None = None

    def close(self) -> None:
        """Close connections and give up the lock."""
        database.close(self.engine)
        if self.lock is not None:
            self.lock.release()


def open_store(settings: Settings, *, write: bool) -> Store:
    """Open the store and bring its tables forward. ``write``: take the lock of an embedded store first.

    Raises ConfigurationFault (locked, wrong key, unknown tables) or StoreUnavailable.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = database.open_engine(settings.store_url())
    lock = StoreLock(settings.data_dir / "gateway.lock") if write and database.is_sqlite(engine) else None
    try:
        if lock is not None:
            lock.acquire()
        return _opened(settings, engine, lock, write=write)
    except BaseException as error:
        database.close(engine)
        if lock is not None:
            lock.release()
        if isinstance(error, SQLAlchemyError):
            raise database.unusable(error) from None
        raise


def _opened(settings: Settings, engine: Engine, lock: StoreLock | None, *, write: bool) -> Store:
    if write and settings.migrate == "auto":
        database.migrate(engine)
    else:
        _require_tables(database.schema_state(engine))
    with engine.connect() as connection:
        sealed = sealed_names(connection)
    environment = _key_environment(settings)
    keys, made = load_keys(environment, data_dir=settings.data_dir, may_make=write and not sealed)
    cipher = Cipher(keys, settings.cipher)
    with (database.writing(engine) if write else engine).begin() as connection:
        check_canary(connection, cipher)
    notice = None if made is None else str(made.file)
    return Store(engine, cipher, Documents(_shelf(settings), cipher), lock, notice)


def _require_tables(state: database.SchemaState) -> None:
    """Refuse tables that this gateway cannot work on. Raises ConfigurationFault."""
    if state in {"empty", "behind"}:
        raise ConfigurationFault("store.schema_behind")
    if state == "unknown":
        raise ConfigurationFault("store.schema_unknown")


def _key_environment(settings: Settings) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name.startswith("FENGQIAO_KEY")}
    if settings.key is not None:
        environment["FENGQIAO_KEY"] = settings.key.get_secret_value()
    if settings.key_file is not None:
        environment["FENGQIAO_KEY_FILE"] = str(settings.key_file)
    return environment


def _shelf(settings: Settings) -> Shelf:
    """Return where documents lie. Raises ConfigurationFault; whether it can be reached shows when it is used."""
    place = urlsplit(settings.documents_url or "")
    if place.scheme == "s3":
        return _bucket_shelf(settings, place.netloc, unquote(place.path).strip("/"))
    if place.scheme == "file":
        return FolderShelf(Path(unquote(place.path)), make=False)
    return FolderShelf(settings.data_dir / "documents")


def _bucket_shelf(settings: Settings, bucket: str, prefix: str) -> Shelf:
    access_key, secret_key = settings.read_s3_keys()
    try:
        from gateway.store.documents.s3 import Bucket, S3Shelf  # noqa: PLC0415  # obstore is an extra
    except ModuleNotFoundError:
        raise ConfigurationFault("configuration.extra_missing", extra="s3", field="FENGQIAO_DOCUMENTS_URL") from None
    named = Bucket(
        name=bucket,
        prefix=prefix,
        endpoint=settings.s3_endpoint,
        region=settings.s3_region,
        access_key=access_key,
        secret_key=secret_key,
        path_style=settings.s3_path_style,
        allow_http=settings.s3_allow_http,
    )
    return S3Shelf(named, scratch=settings.data_dir)


def admin_token(settings: Settings) -> str:
    """Return the administration's token; the embedded default makes one beside the store at its first start."""
    if (given := settings.read_admin_token()) is not None:
        return given
    file = settings.data_dir / "admin-token"
    kept = file.read_text(encoding="utf-8").strip() if file.exists() else ""
    return kept or _made_token(file)


def _made_token(file: Path) -> str:
    """Write a new token whole or not at all: an empty one would open the administration to everybody."""
    token, partial = secrets.token_urlsafe(32), file.with_name(f".{file.name}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(token)
    partial.replace(file)
    return token
