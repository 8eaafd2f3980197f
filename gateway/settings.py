"""What a process is told by its environment: where things lie, what it listens on, how large and how patient.

Everything about partners is configuration (a folder of files), not a setting. Each variable is ``FENGQIAO_`` and the
name of its field in capitals.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ByteSize, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.errors import ConfigurationFault
from gateway.wire.yaml_marks import nearest

PREFIX = "FENGQIAO_"
_READ_ELSEWHERE = frozenset({"FENGQIAO_LANGUAGE"})  # gateway.texts: the language of the command line
KIB, MIB = 1024, 1024 * 1024


def _small(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class Settings(BaseSettings):
    """The settings of one process. Sizes accept units (``32MiB``)."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, hide_input_in_errors=True, extra="forbid"
    )

    data_dir: Path = Field(
        default=Path("fengqiao-data"), description="Folder of everything the embedded gateway keeps; made when missing."
    )
    config_dir: Path | None = Field(
        default=None, description="Folder of the configuration; by default `config` in the data folder. May be missing."
    )
    database_url: SecretStr | None = Field(
        default=None, description="SQLAlchemy URL of the store; by default an SQLite file in the data folder."
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="Address the doors listen on.")
    port: int = Field(default=8480, ge=0, le=65535, description="Port the doors listen on; 0 takes a free one.")
    key: SecretStr | None = Field(
        default=None, description="Key that encrypts what is kept. Without it and key file, one is made at first start."
    )
    key_file: Path | None = Field(default=None, description="File that holds the key, instead of the key itself.")
    cipher: Literal["aes", "sm4"] = Field(default="aes", description="AES-256-GCM or SM4-GCM for what is kept.")
    admin_token: SecretStr | None = Field(
        default=None, description="Bearer token of the administration; by default one is made in the data folder."
    )
    admin_token_file: Path | None = Field(default=None, description="File that holds the token of the administration.")
    body_limit: ByteSize = Field(
        default=ByteSize(32 * MIB), ge=KIB, le=32 * MIB, description="Largest request body taken in; at most 32 MiB."
    )
    spool_above: ByteSize = Field(
        default=ByteSize(256 * KIB), ge=KIB, description="Bodies larger than this are spooled to the document store."
    )
    redelivery_base_seconds: float = Field(
        default=5.0, gt=0, description="Longest wait after the first failed attempt; it doubles with each one."
    )
    redelivery_cap_seconds: float = Field(default=3600.0, gt=0, description="Longest wait between two attempts.")
    lease_seconds: float = Field(
        default=120.0, gt=0, description="How long a delivery stays in one worker's hands, at least."
    )
    group_size: int = Field(default=256, ge=1, le=10_000, description="Most requests that share one commit.")
    production: bool = Field(
        default=False, description="Real cases are handled here: `fengqiao doctor` then objects to pretend partners."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_small)] = Field(
        default="info", description="Least level logged."
    )
    log_json: bool = Field(default=False, description="Log one JSON object per line instead of text for people.")

    @model_validator(mode="after")
    def _one_source_for_each_secret(self) -> Self:
        for name in ("key", "admin_token"):
            if getattr(self, name) is not None and getattr(self, f"{name}_file") is not None:
                raise ValueError(f"give either {PREFIX}{name.upper()} or {PREFIX}{name.upper()}_FILE, not both")
        return self

    @property
    def config_folder(self) -> Path:
        """Return the folder of the configuration, which may not exist."""
        return self.config_dir or self.data_dir / "config"

    def store_url(self) -> str:
        """Return the SQLAlchemy URL of the store; it may hold a password."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.absolute() / 'gateway.db'}"

    def read_key(self) -> str | None:
        """Return the encryption key from its variable or file, or None. Raises ConfigurationFault."""
        return _secret(self.key, self.key_file, "KEY_FILE")

    def read_admin_token(self) -> str | None:
        """Return the administration's token from its variable or file, or None. Raises ConfigurationFault."""
        return _secret(self.admin_token, self.admin_token_file, "ADMIN_TOKEN_FILE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable, for the documentation."""

    name: str
    default: str
    description: str


def load_settings(**given: Any) -> Settings:
    """Return the settings of the environment; ``given`` fields win. Raises ConfigurationFault naming the variable."""
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    variable = PREFIX + str(first["loc"][0]).upper() if first["loc"] else f"{PREFIX}*"
    why = first["msg"].removeprefix("Value error, ")
    raise ConfigurationFault("configuration.setting", file=None, line=None, field=variable, why=why)


def unknown_variables(environment: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """Return variables that look like settings but are none, each with the one that was probably meant."""
    known = {variable.name for variable in variables()} | _READ_ELSEWHERE
    environment = os.environ if environment is None else environment
    strange = sorted(name for name in environment if name.upper().startswith(PREFIX) and name.upper() not in known)
    return {name: nearest(name.upper(), known) for name in strange}


def variables() -> tuple[Variable, ...]:
    """Return every variable with its default and description, in the order of the fields."""
    return tuple(
        Variable(name=PREFIX + name.upper(), default=_shown(field.default), description=field.description or "")
        for name, field in Settings.model_fields.items()
    )


def _shown(default: object) -> str:
    if isinstance(default, ByteSize):
        return default.human_readable()
    return "" if default is None else str(default).lower() if isinstance(default, bool) else str(default)


def _secret(value: SecretStr | None, file: Path | None, name: str) -> str | None:
    text = value.get_secret_value() if value else ""
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError):
            text = ""
        if not text:
            why = "the file cannot be read or is empty"
            raise ConfigurationFault("configuration.setting", file=None, line=None, field=PREFIX + name, why=why)
    return text or None
