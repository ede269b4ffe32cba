"""Settings: read once from the environment (`CASEGRAPH_*`) and an optional `.env`; frozen; handed in elsewhere."""

from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from foundation.rates import Rate, read_rate

Limit = Annotated[Rate | None, NoDecode, BeforeValidator(read_rate)]
"""COUNT/SECONDS; None where it is switched off."""


class Mode(StrEnum):
    PRODUCTION = "production"
    DEVELOPMENT = "development"


class Reading(StrEnum):
    PLANNED = "planned"
    REFERENCE = "reference"


class RequireTotp(StrEnum):
    """Of whom a second factor is demanded."""

    NONE = "none"
    ADMINS = "admins"
    ALL = "all"


class EmptyObjects(StrEnum):
    OMIT = "omit"
    LIST = "list"


class LogLevel(StrEnum):
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class Settings(BaseSettings):
    """Every setting, with its default and what it means; the README's table is printed from here."""

    model_config = SettingsConfigDict(env_prefix="CASEGRAPH_", env_file=".env", extra="ignore", frozen=True)

    mode: Mode = Field(
        Mode.PRODUCTION, description="`production`, or `development`: a console at /graphql, open introspection."
    )
    data_dir: Path = Field(
        Path("casegraph-data"), description="Folder of the database file, keys and exports (made with mode 0700)."
    )
    database_url: str = Field(
        "",
        description="`sqlite:///PATH` or `postgresql://...`, without a driver. Empty: a file in the data folder.",
    )
    redis_url: str = Field(
        "",
        description="Carries wake-ups between processes and counts rate limits for them. Empty: PostgreSQL does, or "
        "memory on SQLite.",
    )
    public_url: str = Field("http://127.0.0.1:8000", description="Where clients reach this server, for links.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins of browser pages that may call, comma-separated. Empty: the same origin only."
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("*",), description="Host headers that are answered, comma-separated; others get 400."
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses of proxies whose X-Forwarded-For is believed, comma-separated."
    )
    rate_limits: bool = Field(
        True, description="`on` or `off`. Off switches every limit and lockout off, with a warning."
    )
    smtp_url: str = Field(
        "",
        description="`smtp://user:password@host:port?from=ADDRESS` (STARTTLS; `&starttls=off` without), or "
        "`smtps://...`. Empty: no mail is sent.",
    )
    registration: bool = Field(
        True, description="`on` or `off`. Whether strangers may register: as a new organisation, or to be approved."
    )
    limit_account: Limit = Field(
        Rate(5, 900), description="Wrong proofs of one account, COUNT/SECONDS, that lock it; `off`: never."
    )
    account_lock_s: int = Field(900, ge=1, le=86_400, description="How long an account stays locked, in seconds.")
    limit_sign_in: Limit = Field(Rate(20, 60), description="Wrong proofs of one client address, COUNT/SECONDS.")
    limit_sign_in_total: Limit = Field(Rate(300, 60), description="Wrong proofs of all clients together.")
    limit_registration: Limit = Field(Rate(5, 3600), description="Registrations of one client address.")
    limit_reset: Limit = Field(Rate(10, 900), description="Requests about a forgotten password of one client address.")
    limit_creation: Limit = Field(Rate(10, 60), description="Cases that one user begins, over all doors.")
    limit_export: Limit = Field(Rate(5, 3600), description="Exports of one user, over all doors.")
    limit_messages: Limit = Field(Rate(1000, 60), description="Messages of one socket.")
    limit_crisp: Limit = Field(Rate(300, 60), description="Requests of one user to the intelligence contract.")
    limit_investigation: Limit = Field(Rate(100, 60), description="Requests of one user to the investigation contract.")
    limit_taxii: Limit = Field(Rate(600, 60), description="TAXII requests of one user.")
    limit_graphql: Limit = Field(Rate(100_000, 60), description="Points of GraphQL cost of one user.")
    limit_anonymous: Limit = Field(Rate(60, 60), description="Requests of one client address without an identity.")
    deadline_s: float = Field(30.0, gt=0, le=600, description="How long a request may take, in seconds.")
    anonymous_deadline_s: float = Field(5.0, gt=0, le=600, description="The same without an identity.")
    graphql_cost: int = Field(20_000, ge=1, le=1_000_000, description="Points that one GraphQL operation may cost.")
    graphql_anonymous_cost: int = Field(200, ge=1, le=1_000_000, description="The same without signing in.")
    graphql_depth: int = Field(12, ge=1, le=100, description="Levels of fields in one GraphQL document.")
    graphql_aliases: int = Field(30, ge=0, le=10_000, description="Aliases in one GraphQL document.")
    graphql_roots: int = Field(20, ge=1, le=1_000, description="Root fields of one GraphQL operation.")
    graphql_directives: int = Field(50, ge=0, le=1_000, description="Directives in one GraphQL document.")
    graphql_tokens: int = Field(
        2_000, ge=100, le=100_000, description="Tokens of one GraphQL document, and for each of them 50 characters."
    )
    graphql_reading_percent: int = Field(
        10,
        ge=1,
        le=100,
        description="How much of a process's time one caller gets for reading new GraphQL documents. 100: all of it.",
    )
    reading: Reading = Field(
        Reading.PLANNED, description="`planned`, or `reference`: the slow, plain executor, to compare answers with."
    )
    log_level: LogLevel = Field(LogLevel.INFO, description="DEBUG, INFO, WARNING or ERROR.")
    access_log_days: int = Field(
        30, ge=0, le=3650, description="Days for which it is kept who read what. 0: it is not written down at all."
    )
    event_days: int = Field(
        90, ge=0, le=3650, description="Days for which events are kept for subscribers to resume from. 0: for ever."
    )
    job_days: int = Field(
        30, ge=0, le=3650, description="Days for which the engine remembers jobs that are over. 0: for ever."
    )
    analysis_step_delay_s: float = Field(
        0.0, ge=0, le=60, description="Pause between the steps of an analysis: for demonstrations and crash tests."
    )
    worker_threads: int = Field(8, ge=1, le=64, description="Threads of the durable engine in one process.")
    pattern_seconds: float = Field(
        1.0,
        ge=0.05,
        le=60,
        description="Processor time that one STIX pattern may take with the records of a case. One that takes more is "
        "matched no longer.",
    )
    access_token_minutes: int = Field(15, ge=1, le=60, description="Life of an access token.")
    require_totp: RequireTotp = Field(
        RequireTotp.NONE,
        description="Of whom a second factor is demanded: `none`, `admins` or `all`. Who has none can do nothing "
        "but set one up.",
    )
    refresh_token_days: int = Field(7, ge=1, le=30, description="Life of a sign-in, refreshed or not.")

    documents: Path | None = Field(
        None, description="File of trusted documents, the only ones /graphql then runs. Empty: every document runs."
    )
    taxii_contact: str = Field("", description="Whom TAXII clients are told to ask: a mail address or a page.")
    taxii_empty_objects: EmptyObjects = Field(
        EmptyObjects.OMIT,
        description="`omit`, as TAXII says, or `list`: an empty page has an empty list of objects, as Elastic "
        "before June 2026 asks.",
    )
    outgoing: bool = Field(
        False, description="`on` or `off`: whether this server sends requests to others (feeds, webhooks)."
    )
    outgoing_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="The only hosts that are called, comma-separated; `*.example.org` too. Empty: any public one."
    )
    outgoing_ports: Annotated[tuple[int, ...], NoDecode] = Field(
        (443,), description="Ports that are called, comma-separated."
    )
    outgoing_loopback: bool = Field(
        False, description="`on` lets this machine itself be called, over http too: for tests and development."
    )

    @field_validator(
        "allowed_origins", "allowed_hosts", "trusted_proxies", "outgoing_hosts", "outgoing_ports", mode="before"
    )
    @classmethod
    def _words(cls, value: object) -> object:
        return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ip_network(one, strict=False)
            except ValueError:
                raise ValueError(f"{one} is no address and no network such as 10.0.0.0/8") from None
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("documents", mode="before")
    @classmethod
    def _no_file(cls, value: object) -> object:
        return value or None

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("must be sqlite:///PATH or postgresql://..., without a driver")
        return value

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'casegraph.db'}"

    @property
    def is_sqlite(self) -> bool:
        return self.database.startswith("sqlite")

    @property
    def is_development(self) -> bool:
        return self.mode is Mode.DEVELOPMENT


def table() -> list[tuple[str, str, str]]:
    """(variable, default, meaning) of every setting, for the README and `casegraph --help`."""
    rows = []
    for name, info in Settings.model_fields.items():
        default = info.default
        if isinstance(default, tuple):
            shown = ",".join(map(str, default))
        elif isinstance(default, bool):
            shown = "on" if default else "off"
        else:
            shown = "" if default is None else str(default)
        rows.append((f"CASEGRAPH_{name.upper()}", shown, info.description or ""))
    return rows
