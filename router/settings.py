"""The installation's settings: `onethread.toml`, overridden by `ONETHREAD_*`, frozen at start."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

CONFIG_FILE = "onethread.toml"
MIN_SECRET_LENGTH = 32


class SettingsError(Exception):
    """One sentence that names the setting and the fix."""


def _listen_address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError("must be host:port, such as 127.0.0.1:8080")
    return value


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
        raise ValueError("must be a web address, such as https://support.example.com")
    return value.rstrip("/")


def _step_up_address(value: str) -> str:
    parts = urlsplit(value)
    is_safe = parts.scheme == "https" or (
        parts.scheme == "http" and _is_loopback(parts.hostname or "")
    )
    if not is_safe or not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError("must be an https address of your site, such as https://example.com/prove")
    return value


def _database_address(value: str) -> str:
    if urlsplit(value).scheme not in ("postgresql", "postgres"):
        raise ValueError("must be a PostgreSQL address: postgresql://name:password@host/database")
    return value


class Host(BaseModel):
    """The operator's own site."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step_up_url: Annotated[str, AfterValidator(_step_up_address)] | None = None
    """Where somebody proves afresh that it is them; the link in a thread leads there only."""


class Help(BaseModel):
    """The help centre."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(max_length=60)] = ""
    """Stands at the head of its pages. Empty: "Help", in the reader's language."""
    account: Annotated[str, Field(max_length=200)] = ""
    """Label of the account that gets what is written in the contact form, and answers it. Empty:
    the oldest one on which people are written to by an address."""


class Retention(BaseModel):
    """How long rows that only bridge a gap are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outbox_hours: Annotated[int, Field(ge=1)] = 72
    """A feed that was away longer gets `reset` and loads afresh."""
    upload_hours: Annotated[int, Field(ge=1)] = 24
    """Files that were uploaded and never sent."""
    session_days: Annotated[int, Field(ge=1)] = 30
    """Ended sessions of agents and visitors."""


class Settings(BaseSettings):
    """See `config/onethread.example.toml` for what each one does."""

    model_config = SettingsConfigDict(
        env_prefix="ONETHREAD_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        toml_file=CONFIG_FILE,
    )

    database_url: Annotated[str, AfterValidator(_database_address)] | None = None
    nats_url: str | None = None
    data_dir: Path = Path("onethread-data")
    listen: Annotated[str, AfterValidator(_listen_address)] = "127.0.0.1:8080"
    public_url: Annotated[str, AfterValidator(_web_address)] | None = None
    secret_key: SecretStr | None = None
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    retention: Retention = Retention()
    host: Host = Host()
    help: Help = Help()
    trusted_proxies: tuple[str, ...] = ()
    egress_allow: tuple[str, ...] = ()
    max_upload_bytes: Annotated[int, Field(ge=1024)] = 25 * 1024 * 1024
    require_totp: bool = False
    personal_patterns: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], Field(max_length=100)
    ] = ()
    four_eyes_merges: bool = True

    @model_validator(mode="after")
    def _check_secret(self) -> Self:
        key = self.secret_key
        if key is not None and len(key.get_secret_value()) < MIN_SECRET_LENGTH:
            raise ValueError(
                f"secret_key must have at least {MIN_SECRET_LENGTH} characters;"
                " make one with: openssl rand -base64 32"
            )
        return self

    @model_validator(mode="after")
    def _check_exposure(self) -> Self:
        if self.public_url is None and not _is_loopback(self.listen_host):
            raise ValueError(
                "public_url must be set when listen is not a loopback address:"
                " links in mails and the widget are made from it"
            )
        return self

    @property
    def listen_host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def listen_port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    @property
    def web_url(self) -> str:
        """The public address, without a trailing slash."""
        return self.public_url or f"http://{self.listen}"

    @property
    def is_https(self) -> bool:
        return self.web_url.startswith("https:")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))


def load_settings(**overrides: object) -> Settings:
    """The settings of this process. Raises SettingsError with the setting and the fix in it."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic converts
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(fault) for fault in error.errors())) from error
    except ValueError as error:  # a TOML file that is none
        raise SettingsError(f"{CONFIG_FILE} cannot be read: {error}") from error


def _sentence(fault: object) -> str:
    assert isinstance(fault, dict)
    name = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"unknown setting {name}: remove it, or see onethread.example.toml for its name"
    said = str(fault["msg"]).removeprefix("Value error, ")
    if not name:
        return said
    return f"{name} (ONETHREAD_{name.upper().replace('.', '__')}): {said}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
