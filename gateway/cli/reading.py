"""Looking into the store beside a serving process: nothing is locked, nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway import opening
from gateway.errors import StoreUnavailable
from gateway.settings import Settings
from gateway.store.engine import unusable


def exists(settings: Settings) -> bool:
    """Say whether there is a store to look into; of a database elsewhere nobody knows before connecting."""
    return settings.database_url is not None or (settings.data_dir / "gateway.db").exists()


@contextmanager
def reading(settings: Settings) -> Iterator[Connection]:
    """Open a connection that only reads. Raises StoreUnavailable or ConfigurationFault."""
    if not exists(settings):
        raise StoreUnavailable("cli.no_store", folder=str(settings.data_dir.absolute()))
    store = opening.open_store(settings, write=False)
    try:
        with store.engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise unusable(error) from None
    finally:
        store.close()
