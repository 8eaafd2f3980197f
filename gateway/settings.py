"""What a process is told by its environment: where things lie, what it listens on, how large and how patient.

Everything about partners is configuration (a folder of files), not a setting. Each variable is ``FENGQIAO_`` and the
name of its field in capitals.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BeforeValidator,
    ByteSize,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.errors import ConfigurationFault

PREFIX = "FENGQIAO_"
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
    documents_url: str | None = Field(
        default=None,
        description="Where documents are kept: `file:///FOLDER` (there already, on a share) or `s3://BUCKET/PREFIX`; "
        "by default `documents` in the data folder.",
    )
    s3_allow_http: bool = Field(default=False, description="Allow an S3 endpoint without TLS.")
    s3_endpoint: str | None = Field(default=None, description="URL of the S3-compatible store; by default AWS.")
    s3_region: str = Field(default="us-east-1", min_length=1, description="Region of the bucket.")
    s3_path_style: bool = Field(
        default=True, description="The bucket stands in the path of a request; otherwise before the host name."
    )
    s3_access_key: SecretStr | None = Field(
        default=None, description="Access key of the bucket. Without it and key file, AWS's own variables and roles."
    )
    s3_access_key_file: Path | None = Field(default=None, description="File that holds the access key of the bucket.")
    s3_secret_key: SecretStr | None = Field(default=None, description="Secret key of the bucket.")
    s3_secret_key_file: Path | None = Field(default=None, description="File that holds the secret key of the bucket.")
    orphan_hours: float = Field(
        default=24.0, ge=3, description="How long a document without a record lies before it is collected."
    )
    redelivery_base_seconds: float = Field(
        default=5.0, gt=0, description="Longest wait after the first failed attempt; it doubles with each one."
    )
    redelivery_cap_seconds: float = Field(default=3600.0, gt=0, description="Longest wait between two attempts.")
    lease_seconds: float = Field(
        default=30.0,
        ge=1,
        description="How long a claim lasts unless renewed: when a killed worker's work is taken up.",
    )
    carrier: bool = Field(
        default=False,
        description="An embedded `serve` has its lanes run by a second process, the carrier: for two processors.",
    )
    redis_url: SecretStr | None = Field(
        default=None, description="Redis for several processes: `serve`, `worker` and `clock` then share one store."
    )
    worker_lanes: int = Field(default=32, ge=1, le=1000, description="Most lanes that one worker drains at once.")
    worker_shift_seconds: float = Field(
        default=20.0, gt=0, le=60, description="How long a worker drains a lane before others may take it."
    )
    worker_shift_deliveries: int = Field(
        default=2000, ge=1, description="Most deliveries of one lane before others may take it."
    )
    reconcile_hour: int = Field(
        default=3, ge=0, le=23, description="O'clock (UTC+8) from which the day before is compared with the partners."
    )
    reconcile_resends: int = Field(
        default=3, ge=0, le=20,
        description="How often a delivery that a partner lacks is sent again before a person is told.",
    )  # fmt: skip
    database_url_file: Path | None = Field(
        default=None, description="File that holds the URL of the store, instead of the URL itself."
    )
    redis_url_file: Path | None = Field(
        default=None, description="File that holds the URL of Redis, instead of the URL itself."
    )
    migrate: Literal["auto", "never"] = Field(
        default="auto",
        description="`never`: processes do not bring the tables forward by themselves; `fengqiao migrate` does.",
    )
    trusted_proxies: str = Field(
        default="",
        description="Networks of the proxies in front (`10.1.2.0/28, 10.1.3.7`): only these are believed what they say "
        "of client certificates and addresses.",
    )
    door_requests: int = Field(
        default=1024, ge=2, le=100_000, description="Most requests under way at once in a process; one door: half."
    )
    door_memory: ByteSize = Field(
        default=ByteSize(256 * MIB), ge=64 * MIB,
        description="Most bytes of request bodies in memory at once in a process; one door: half.",
    )  # fmt: skip
    door_queue: int = Field(
        default=5000, ge=1, le=9000, description="Entries waiting for the writer from which the doors refuse."
    )
    min_free: ByteSize = Field(
        default=ByteSize(64 * MIB), ge=0,
        description="Bytes that stay free where the gateway writes: with less the doors refuse.",
    )  # fmt: skip
    content_days: int = Field(
        default=1095, ge=0,
        description="Days after a case is closed from which its contents are emptied; at least 30; 0: never.",
    )  # fmt: skip
    event_days: int = Field(
        default=1826, ge=0,
        description="Days after a case is closed from which its rows go, too; no fewer than contents; 0: never.",
    )  # fmt: skip
    trust_dir: Path | None = Field(
        default=None,
        description="Folder with `trust.yaml`: whom to believe signed rulings; by default `trust` in the configuration "
        "folder. Without it rulings wait, unreleased.",
    )
    group_size: int = Field(default=256, ge=1, le=10_000, description="Most requests that share one commit.")
    production: bool = Field(
        default=False, description="Real cases are handled here: `fengqiao doctor` then objects to pretend partners."
    )
    metrics_port: int = Field(
        default=0, ge=0, le=65535,
        description="Port at which a worker or clock shows its metrics, on `FENGQIAO_HOST`; 0: nowhere.",
    )  # fmt: skip
    metrics_token: SecretStr | None = Field(
        default=None,
        description="Bearer token that may read `/metrics` and nothing else; the administration's may, too.",
    )
    metrics_token_file: Path | None = Field(default=None, description="File that holds the token for metrics.")
    otlp_endpoint: str | None = Field(
        default=None,
        description="Where spans are sent, OTLP over HTTP (`http://collector:4318`); needs the extra `otel`.",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_small)] = Field(
        default="info", description="Least level logged."
    )
    log_json: bool = Field(default=False, description="Log one JSON object per line instead of text for people.")

    @model_validator(mode="after")
    def _one_source_for_each_secret(self) -> Self:
        for name in ("key", "admin_token", "metrics_token", "s3_access_key", "s3_secret_key"):
            if getattr(self, name) is not None and getattr(self, f"{name}_file") is not None:
                raise ValueError(f"give either {PREFIX}{name.upper()} or {PREFIX}{name.upper()}_FILE, not both")
        return self

    @model_validator(mode="before")
    @classmethod
    def _urls_of_files(cls, given: Any) -> Any:
        """Read a URL that holds a password from its file, so that everybody else finds it in one place."""
        for name in ("database_url", "redis_url") if isinstance(given, dict) else ():
            if not (file := given.get(f"{name}_file")):
                continue
            if given.get(name):
                raise ValueError(f"give either {PREFIX}{name.upper()} or {PREFIX}{name.upper()}_FILE, not both")
            try:
                given = {**given, name: Path(file).read_text(encoding="utf-8").strip()}
            except (OSError, ValueError):
                raise ValueError(f"the file of {PREFIX}{name.upper()}_FILE cannot be read") from None
        return given

    @model_validator(mode="after")
    def _a_carrier_is_embedded(self) -> Self:
        if self.carrier and (self.redis_url is not None or not self.store_url().startswith("sqlite")):
            raise ValueError(
                f"{PREFIX}CARRIER (serve --carrier) is for SQLite alone; with PostgreSQL and Redis, workers carry"
            )
        return self

    @model_validator(mode="after")
    def _contents_go_first(self) -> Self:
        if 0 < self.content_days < 30:
            raise ValueError(f"{PREFIX}CONTENT_DAYS is 0 or at least 30")
        if self.event_days and not 0 < self.content_days <= self.event_days:
            raise ValueError(f"{PREFIX}EVENT_DAYS is 0, or no less than {PREFIX}CONTENT_DAYS, which is not 0 then")
        return self

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, networks: str) -> str:
        try:
            _parsed(networks)
        except ValueError:
            raise ValueError("write networks or addresses, with commas between: 10.1.2.0/28, 10.1.3.7") from None
        return networks

    @field_validator("documents_url")
    @classmethod
    def _a_folder_or_a_bucket(cls, url: str | None) -> str | None:
        parts = urlsplit(url or "file:///documents")
        plain = not (parts.query or parts.fragment or "@" in parts.netloc)
        folder = parts.scheme == "file" and parts.netloc in ("", "localhost") and len(parts.path) > 1
        bucket = parts.scheme == "s3" and parts.netloc
        if not (plain and (folder or bucket)):
            raise ValueError("write file:///FOLDER or s3://BUCKET/PREFIX")
        return url

    @field_validator("s3_endpoint")
    @classmethod
    def _encrypted_unless_allowed(cls, url: str | None, others: ValidationInfo) -> str | None:
        schemes = ("https", "http") if others.data.get("s3_allow_http") else ("https",)
        parts = urlsplit(url or "https://aws")
        if parts.scheme not in schemes or not parts.hostname or "@" in parts.netloc or parts.query:
            raise ValueError("write https://HOST; http:// only with FENGQIAO_S3_ALLOW_HTTP=true")
        return url

    @property
    def config_folder(self) -> Path:
        """Return the folder of the configuration, which may not exist."""
        return self.config_dir or self.data_dir / "config"

    @property
    def trust_folder(self) -> Path | None:
        """Return the folder that says whom to believe signed rulings; None where there is none yet."""
        usual = self.config_folder / "trust"
        return self.trust_dir or (usual if usual.is_dir() else None)

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return the networks of the proxies that are believed."""
        return _parsed(self.trusted_proxies)

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

    def read_metrics_token(self) -> str | None:
        """Return the token for metrics from its variable or file, or None. Raises ConfigurationFault."""
        return _secret(self.metrics_token, self.metrics_token_file, "METRICS_TOKEN_FILE")

    def read_s3_keys(self) -> tuple[str | None, str | None]:
        """Return access and secret key of the bucket from variables or files. Raises ConfigurationFault."""
        access = _secret(self.s3_access_key, self.s3_access_key_file, "S3_ACCESS_KEY_FILE")
        secret = _secret(self.s3_secret_key, self.s3_secret_key_file, "S3_SECRET_KEY_FILE")
        if (access is None) != (secret is None):
            missing, why = "S3_SECRET_KEY" if access else "S3_ACCESS_KEY", "an access key and a secret key go together"
            raise ConfigurationFault("configuration.setting", file=None, line=None, field=PREFIX + missing, why=why)
        return access, secret


def load_settings(**given: Any) -> Settings:
    """Return the settings of the environment; ``given`` fields win. Raises ConfigurationFault naming the variable."""
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    variable = PREFIX + str(first["loc"][0]).upper() if first["loc"] else f"{PREFIX}*"
    why = first["msg"].removeprefix("Value error, ")
    raise ConfigurationFault("configuration.setting", file=None, line=None, field=variable, why=why)


def _parsed(networks: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each.strip()) for each in networks.split(",") if each.strip())


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
