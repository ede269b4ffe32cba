"""Mail, by way of the operator's own server: `CASEGRAPH_SMTP_URL`.

smtp://user:password@mail.example.org:587?from=casegraph@example.org     TLS by STARTTLS, or nothing is sent
smtps://user:password@mail.example.org?from=casegraph@example.org        TLS from the first byte
smtp://127.0.0.1:25?from=...                                             this machine: no TLS
smtp://mail.internal?from=...&starttls=off                               no TLS, said on purpose
"""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from foundation.clock import Clock
from foundation.errors import CommandRefused
from foundation.ids import new_id
from foundation.settings import Settings
from gateways.ports import Letter, Mailer, MailNotSent

TIMEOUT_S = 30.0  # for the whole conversation's steps, each; a mail server that hangs is tried again later
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class MailServer:
    """What a URL of CASEGRAPH_SMTP_URL says."""

    host: str
    port: int
    sender: str
    username: str | None
    password: str | None
    use_tls: bool
    start_tls: bool

    def __repr__(self) -> str:  # A password must not reach a log by way of a dataclass's text.
        return f"MailServer({self.host}:{self.port})"


def server_of(url: str, *, public_url: str) -> MailServer:
    """Raises CommandRefused for a URL that cannot be meant. Without `from` mail comes from casegraph@ our own host."""
    try:
        parts = urlsplit(url)
        host, port, options = parts.hostname, parts.port, parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        host = None
    if host is None or parts.scheme not in _PORTS or not set(options) <= {"from", "starttls"}:
        raise CommandRefused("CASEGRAPH_SMTP_URL is to be smtp://HOST:PORT?from=ADDRESS or smtps://HOST?from=ADDRESS.")
    start_tls = options.get("starttls", ["off" if _is_here(host) else "on"])[-1]
    if start_tls not in ("on", "off"):
        raise CommandRefused("CASEGRAPH_SMTP_URL: starttls is `on` or `off`.")
    return MailServer(
        host=host,
        port=port or (25 if _is_here(host) else _PORTS[parts.scheme]),
        sender=options.get("from", [f"casegraph@{urlsplit(public_url).hostname or 'localhost'}"])[-1],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=parts.scheme == "smtps",
        start_tls=parts.scheme == "smtp" and start_tls == "on",
    )


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class SmtpMailer:
    """gateways.ports.Mailer."""

    def __init__(self, server: MailServer, clock: Clock) -> None:
        self._server, self._clock = server, clock

    async def send(self, letter: Letter) -> None:
        server = self._server
        credentials: dict[str, Any] = {}
        if server.username is not None:
            credentials = {"username": server.username, "password": server.password or ""}
        try:
            await aiosmtplib.send(
                self._message(letter),
                hostname=server.host,
                port=server.port,
                use_tls=server.use_tls,
                start_tls=server.start_tls,
                timeout=TIMEOUT_S,
                # Otherwise the machine's own name would be looked up, slowly, and told.
                local_hostname=self._domain,
                **credentials,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise MailNotSent("The mail server refused the recipient.", again=_is_passing(error.recipients)) from None
        except aiosmtplib.SMTPResponseException as error:
            # The code alone: what servers say beside it often repeats the address.
            raise MailNotSent(f"The mail server answered {error.code}.", again=error.code < 500) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailNotSent(f"The mail server was not reached: {type(error).__name__}.", again=True) from None

    @property
    def _domain(self) -> str:
        return self._server.sender.rpartition("@")[2] or "localhost"

    def _message(self, letter: Letter) -> EmailMessage:
        """Headers are set one by one: a line break in one of them is an error, not another header (SECURITY R37)."""
        message = EmailMessage()
        message["From"] = self._server.sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = f"<{new_id()}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: absence notices do not answer it
        message.set_content(letter.text)
        return message


def _is_passing(refused: Any) -> bool:
    return all(getattr(one, "code", 550) < 500 for one in refused)


def mailer_of(settings: Settings, clock: Clock) -> Mailer | None:
    """None where no server is set: nothing is sent then, and the answers at the doors are the same."""
    if not settings.smtp_url:
        return None
    return SmtpMailer(server_of(settings.smtp_url, public_url=settings.public_url), clock)
