"""What ops set for one mailbox."""

import ipaddress
from datetime import date
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.email.reading.addresses import canonical_address
from core.connector import ConnectorConfig

Security = Literal["tls", "starttls", "none"]

MIB = 1024 * 1024


class Config(ConnectorConfig):
    """One mailbox: where it is read, where its answers leave, and whom to believe."""

    address: str = Field(
        title="Address", description="The desk's own address, for example help@example.com."
    )
    display_name: str = Field(
        default="", max_length=200, title="Name", description="Shown beside the address."
    )

    imap_host: str = Field(title="IMAP host", description="Where mail is read.", min_length=1)
    imap_port: int = Field(
        default=993, ge=1, le=65535, title="IMAP port", description="993 for tls, 143 for starttls."
    )
    imap_security: Security = Field(
        default="tls",
        title="IMAP security",
        description="tls (port 993), starttls (port 143), or none for a server on this machine.",
    )
    smtp_host: str = Field(title="SMTP host", description="Where answers leave.", min_length=1)
    smtp_port: int = Field(
        default=465, ge=1, le=65535, title="SMTP port", description="465 for tls, 587 for starttls."
    )
    smtp_security: Security = Field(
        default="tls",
        title="SMTP security",
        description="tls (port 465), starttls (port 587), or none for a server on this machine.",
    )

    username: str = Field(default="", title="Login name", description="Empty: the address.")
    password: SecretStr = Field(
        default=SecretStr(""),
        title="Password",
        description="Often an app password, or an authorisation code of QQ or 163.",
        json_schema_extra={"ask": True},
    )
    smtp_username: str = Field(
        default="", title="SMTP login name", description="Empty: the same as for IMAP."
    )
    smtp_password: SecretStr | None = Field(
        default=None, title="SMTP password", description="Empty: the same as for IMAP."
    )
    smtp_login: bool = Field(
        default=True,
        title="SMTP login",
        description="Off for a relay that takes mail from this machine without a login.",
    )
    smtp_connections: int = Field(
        default=3,
        ge=1,
        le=20,
        title="SMTP connections",
        description="How many mails leave at once. Microsoft 365 takes three.",
    )

    smtp_timeout: int = Field(
        default=60,
        ge=2,
        le=300,
        title="SMTP patience",
        description="Seconds that the server may take for one answer before the final dot.",
    )
    smtp_final_timeout: int = Field(
        default=600,
        ge=2,
        le=1200,
        title="SMTP patience at the end",
        description="Seconds after the final dot, when the server may be looking at the mail. "
        "Past them nobody knows whether it went out.",
    )

    oauth: Literal["none", "google", "microsoft", "other"] = Field(
        default="none",
        title="OAuth",
        description="Whose permission stands for a password; `onethread account authorise` gets "
        "it.",
    )
    oauth_client_id: str = Field(
        default="",
        max_length=300,
        title="OAuth client id",
        description="Of the application that was registered at the provider.",
    )
    oauth_client_secret: SecretStr | None = Field(
        default=None,
        title="OAuth client secret",
        description="Google has one. Microsoft has none for public clients.",
    )
    oauth_refresh_token: SecretStr | None = Field(
        default=None,
        title="OAuth refresh token",
        description="Written by `onethread account authorise`, and renewed by itself.",
    )
    oauth_tenant: str = Field(
        default="common",
        pattern=r"^[A-Za-z0-9.-]{1,100}$",
        title="Microsoft tenant",
        description="Directory id or domain; common for an application of several.",
    )
    oauth_token_url: str = Field(
        default="",
        max_length=500,
        pattern=r"^(https?://[!-~]+)?$",
        title="OAuth token endpoint",
        description="Empty: the provider's own.",
    )
    oauth_authorise_url: str = Field(
        default="",
        max_length=500,
        pattern=r"^(https?://[!-~]+)?$",
        title="OAuth authorisation endpoint",
        description="Empty: the provider's own. For Microsoft that of device codes.",
    )
    oauth_scope: str = Field(
        default="",
        max_length=500,
        title="OAuth scope",
        description="Empty: what reading and sending mail needs at the provider.",
    )

    folders: tuple[str, ...] = Field(
        default=("INBOX",),
        min_length=1,
        max_length=20,
        title="Folders",
        description="Read in full, each as its server or its owner writes it: INBOX, "
        "INBOX/Billing, Поддержка. Nothing in them is deleted or marked unless told below.",
    )
    read_junk: bool = Field(
        default=False,
        title="Read the junk folder",
        description="Its mails come in with a warning. The folder is found by itself.",
    )
    mark_seen: bool = Field(
        default=False,
        title="Mark as read",
        description="Mails are marked as read in the mailbox once they are stored here.",
    )
    move_to: str = Field(
        default="",
        max_length=200,
        title="Move to folder",
        description="Mails are moved there once they are stored here. Empty: they stay.",
    )
    max_connections: int = Field(
        default=3,
        ge=1,
        le=10,
        title="Most connections",
        description="To the IMAP server at once. With fewer than folders, the folders behind the "
        "last connection are read in turns.",
    )
    start_from: Literal["now", "all"] | date = Field(
        default="now",
        title="Start from",
        description="now, all, or a date such as 2026-01-31: which of the mails that are "
        "already there come in.",
    )
    authserv_ids: tuple[str, ...] = Field(
        default=(),
        title="Trusted authserv-ids",
        description="The name that your own mail server writes first in Authentication-Results; "
        "* stands for any letters and digits. microsoft365 for Microsoft 365, which writes none.",
    )
    verify_signatures: bool = Field(
        default=True,
        title="Verify signatures",
        description="Check the sender's DKIM signature here, with the DNS, where no trusted mail "
        "server vouches.",
    )
    trusted_arc_sealers: tuple[str, ...] = Field(
        default=(),
        title="Trusted forwarders",
        description="Domains whose ARC seals are believed: those that forward mail to this "
        "mailbox, such as google.com.",
    )
    own_lists: tuple[str, ...] = Field(
        default=(),
        title="Own groups",
        description="Addresses of lists or groups by which people write to this mailbox. Other "
        "lists' mail counts as automatic.",
    )
    reply_address_tokens: bool = Field(
        default=True,
        title="Plus-addresses",
        description="Answers are asked for at help+token@…, which names the case for certain. "
        "Off if your server refuses such addresses.",
    )
    signature: str = Field(
        default="",
        max_length=2000,
        title="Signature",
        description="Below every reply of an agent who has none of their own. {agent} is their "
        "name.",
    )
    sent_copies: Literal["provider", "append", "none"] = Field(
        default="none",
        title="Copies of what was sent",
        description="provider: the server files them by itself (Gmail, Microsoft 365), and is "
        "asked when an outcome is unknown. append: onethread files them. none: nobody does.",
    )
    sent_folder: str = Field(
        default="",
        max_length=200,
        title="Sent folder",
        description="Empty: the one that the server marks as such.",
    )
    dkim_selector: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9]([A-Za-z0-9._-]{0,60}[A-Za-z0-9])?)?$",
        title="DKIM selector",
        description="Only if your mail server does not sign: the name before ._domainkey under "
        "which your domain publishes the key.",
    )
    dkim_key: SecretStr | None = Field(
        default=None, title="DKIM key", description="PEM text of the private RSA key."
    )
    ca_certificate: str = Field(
        default="",
        max_length=200_000,
        title="Own certificate authority",
        description="PEM text of the authority that signed the servers' certificates, if the "
        "system does not know it.",
    )
    allow_plaintext: bool = Field(
        default=False,
        title="Allow unencrypted connections",
        description="Lets security be none for hosts other than this machine.",
    )

    idle_seconds: int = Field(
        default=240,
        ge=5,
        le=240,
        title="Longest wait for a push",
        description="Servers were seen to drop longer waits silently.",
    )
    desk_answers: bool = Field(
        default=False,
        title="Take answers from other mail programs",
        description="A proven mail from this address itself, with a copy to it, joins the "
        "conversation as ours. Off: it comes in like anybody's.",
    )
    poll_seconds: int = Field(
        default=60,
        ge=2,
        le=3600,
        title="Seconds between looks",
        description="For servers that cannot push.",
    )
    max_mail_size: int = Field(
        default=25 * MIB,
        ge=64 * 1024,
        le=100 * MIB,
        title="Largest mail",
        description="Bytes. Of a larger one only the header is read.",
    )

    @field_validator("address")
    @classmethod
    def _address_is_one(cls, value: str) -> str:
        canonical = canonical_address(value)
        if canonical is None:
            raise ValueError("address must be one mail address such as help@example.com")
        return canonical

    @field_validator("folders", "authserv_ids", "trusted_arc_sealers", "own_lists")
    @classmethod
    def _names_are_clean(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not value.strip() or not value.isprintable():
                raise ValueError("names must not be empty or hold control characters")
        return values

    @field_validator(
        "imap_host",
        "smtp_host",
        "username",
        "smtp_username",
        "display_name",
        "move_to",
        "sent_folder",
        "oauth_client_id",
        "oauth_scope",
    )
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if value and not value.isprintable():
            raise ValueError("must not hold control characters")
        return value.strip()

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if self.oauth == "none":
            if not self.password.get_secret_value():
                raise ValueError("password is missing; or set oauth if the provider takes none")
            return self
        if not self.oauth_client_id:
            raise ValueError("oauth_client_id is missing: register an application at the provider")
        if self.oauth == "other" and not self.oauth_token_url:
            raise ValueError("oauth_token_url is missing: only Google's and Microsoft's are known")
        return self

    @model_validator(mode="after")
    def _signing_is_whole(self) -> Self:
        if bool(self.dkim_selector) != (self.dkim_key is not None):
            raise ValueError("dkim_selector and dkim_key go together")
        return self

    @model_validator(mode="after")
    def _plaintext_stays_here(self) -> Self:
        if self.allow_plaintext:
            return self
        for name, host, security in (
            ("imap_security", self.imap_host, self.imap_security),
            ("smtp_security", self.smtp_host, self.smtp_security),
        ):
            if security == "none" and not is_loopback(host):
                raise ValueError(
                    f"{name} is none, but {host} is another machine: use tls or starttls, or set "
                    "allow_plaintext if the network between is trusted"
                )
        return self

    @property
    def imap_login_name(self) -> str:
        return self.username or self.address

    @property
    def smtp_login_name(self) -> str:
        return self.smtp_username or self.imap_login_name

    @property
    def smtp_secret(self) -> SecretStr:
        return self.smtp_password or self.password


def is_loopback(host: str) -> bool:
    """Whether a connection to this host never leaves the machine."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
