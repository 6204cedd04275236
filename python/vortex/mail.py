"""
Mail through an SMTP server: `airflow.utils.email.send_email`, EmailOperator, SmtpNotifier and the alerts of tasks.

The server is a connection of type smtp (`smtp_default`, or the one that is named), or AIRFLOW__SMTP__SMTP_HOST, _PORT, _USER, _PASSWORD,
_STARTTLS, _SSL, _MAIL_FROM, _TIMEOUT and _RETRY_LIMIT. Source: Airflow howto/email-config, the provider smtp.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from vortex.configuration import conf
from vortex.exceptions import AirflowException, AirflowNotFoundException

DEFAULT_CONNECTION = "smtp_default"
HOW_TO = (
    "Name one with AIRFLOW__SMTP__SMTP_HOST (and _SMTP_PORT, _SMTP_USER, _SMTP_PASSWORD, _SMTP_MAIL_FROM) in the environment of the "
    f"worker, or define a connection {DEFAULT_CONNECTION!r} of type smtp"
)
_FALSE = ("", "0", "f", "false", "n", "no", "off")


class MailError(AirflowException):
    """A mail was not sent."""


@dataclass(frozen=True)
class MailServer:
    """Where mail goes and how."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    is_ssl: bool = False
    starttls: bool = True
    mail_from: Optional[str] = None
    timeout: float = 30.0
    retry_limit: int = 5
    is_verified: bool = True
    subject_template: Optional[str] = None
    html_content_template: Optional[str] = None

    def __repr__(self) -> str:
        return f"<MailServer {self.host}:{self.port}>"


def mail_server(conn_id: Optional[str] = None) -> Optional[MailServer]:
    """The connection that is named, else the settings, else `smtp_default`; None = there is none of them."""
    host = conf.get("smtp", "smtp_host", fallback="")
    if conn_id in (None, DEFAULT_CONNECTION):
        if host:
            return _from_settings(host)
        conn_id = conf.get("email", "email_conn_id", fallback=DEFAULT_CONNECTION)
    connection = _connection(str(conn_id))
    if connection is None and conn_id != DEFAULT_CONNECTION:
        raise MailError(f"The conn_id `{conn_id}` isn't defined. {HOW_TO}.")
    return None if connection is None else _from_connection(connection)


def require_server(conn_id: Optional[str] = None) -> MailServer:
    """Raises MailError that says how to name a server."""
    found = mail_server(conn_id)
    if found is None:
        raise MailError(f"There is no mail server. {HOW_TO}.")
    return found


def send_email(
    to: Any,
    subject: str,
    html_content: str,
    files: Optional[Iterable[str]] = None,
    dryrun: bool = False,
    cc: Any = None,
    bcc: Any = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    conn_id: Optional[str] = None,
    custom_headers: Optional[Mapping[str, Any]] = None,
    from_email: Optional[str] = None,
    **_: Any,
) -> None:
    """
    Sends a mail: `airflow.utils.email.send_email`. to, cc, bcc: addresses in a list, or in a text with `,` or `;` between them. files:
    paths of attachments. dryrun: makes the mail and does not send it. Raises MailError.
    """
    server = require_server(conn_id)
    sender = from_email or conf.get("email", "from_email", fallback="") or server.mail_from or "airflow@example.com"
    message, recipients = make_message(sender, to, subject, html_content, files, cc, bcc, mime_subtype, mime_charset, custom_headers)
    if not dryrun:
        deliver(server, sender, recipients, message)


def make_message(
    sender: str,
    to: Any,
    subject: str,
    html_content: str,
    files: Optional[Iterable[str]] = None,
    cc: Any = None,
    bcc: Any = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    custom_headers: Optional[Mapping[str, Any]] = None,
) -> Tuple[Any, List[str]]:
    """The message, and all who get it. Raises MailError for a header with a line break and for a file that cannot be read."""
    from email.mime.application import MIMEApplication
    from email.mime.multipart import MIMEMultipart
    from email.mime.text import MIMEText
    from email.policy import SMTP
    from email.utils import formatdate, make_msgid

    copies, blind = addresses(cc), addresses(bcc)
    receivers = addresses(to)
    message = MIMEMultipart(mime_subtype, policy=SMTP)
    headers: Dict[str, Any] = {"Subject": subject, "From": sender, "To": ", ".join(receivers)}
    headers.update({"CC": ", ".join(copies)} if copies else {})
    headers.update({"Date": formatdate(localtime=True), "Message-ID": make_msgid(domain="vortex"), **(custom_headers or {})})
    for name, value in headers.items():
        try:
            message[name] = str(value)
        except ValueError as error:
            raise MailError(f"The header {name} of a mail cannot be {str(value)[:100]!r}: {error}") from None
    message.attach(MIMEText(str(html_content), "html", mime_charset))
    for path in files or ():
        name = os.path.basename(path)
        try:
            with open(path, "rb") as stream:
                part = MIMEApplication(stream.read(), Name=name)
        except OSError as error:
            raise MailError(f"The file {path!r} cannot be attached: {error.strerror}.") from None
        part.add_header("Content-Disposition", "attachment", filename=name)
        part.add_header("Content-ID", f"<{name}>")
        message.attach(part)
    everybody = [*receivers, *copies, *blind]
    if not everybody:
        raise MailError("A mail needs somebody to go to: `to` is empty.")
    return message, everybody


def addresses(value: Any) -> List[str]:
    """Of a list, or of a text with `,` or `;` between them. Raises TypeError for anything else."""
    if value is None:
        return []
    if isinstance(value, str):
        return [part for part in re.split(r"\s*[,;]\s*", value.strip()) if part]
    found = list(value) if isinstance(value, Iterable) else [value]
    if not all(isinstance(item, str) for item in found):
        raise TypeError(f"Addresses of a mail are texts, not {value!r}.")
    return found


def deliver(server: MailServer, sender: str, recipients: List[str], message: Any) -> None:
    """Raises MailError that says what the server answered. A connection that breaks is tried again."""
    import smtplib

    for tries_left in range(server.retry_limit, -1, -1):
        try:
            client = _open(server)
            try:
                client.send_message(message, from_addr=sender, to_addrs=recipients)
            finally:
                _say_goodbye(client)
            return
        except smtplib.SMTPServerDisconnected as error:
            if tries_left == 0:
                raise _failed(server, recipients, error) from None
        except smtplib.SMTPNotSupportedError as error:
            hint = " Set AIRFLOW__SMTP__SMTP_STARTTLS=False, or disable_tls in the connection, if the server has no TLS."
            raise _failed(server, recipients, error, hint) from None
        except (smtplib.SMTPException, OSError) as error:
            raise _failed(server, recipients, error) from None


def _open(server: MailServer) -> Any:
    import smtplib
    import ssl

    context = ssl.create_default_context()
    if not server.is_verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if server.is_ssl:
        client: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
    try:
        if server.starttls and not server.is_ssl:
            client.starttls(context=context)
        if server.user and server.password:
            client.login(server.user, server.password)
    except BaseException:
        client.close()
        raise
    return client


def _say_goodbye(client: Any) -> None:
    """Whatever the server answers to that changes nothing of the mail."""
    import smtplib

    try:
        client.quit()
    except (smtplib.SMTPException, OSError):
        client.close()


def _failed(server: MailServer, recipients: List[str], error: BaseException, hint: str = "") -> MailError:
    words = f"{type(error).__name__}: {error}"
    return MailError(f"The mail to {', '.join(recipients)} was not sent by {server.host}:{server.port}: {words}.{hint}")


def _from_settings(host: str) -> MailServer:
    user = conf.get("smtp", "smtp_user", fallback="")
    password = conf.get("smtp", "smtp_password", fallback="")
    # Airflow keeps who signs in in the connection, where there is one.
    connection = None if user else _connection(DEFAULT_CONNECTION)
    if connection is not None:
        user, password = connection.login or "", connection.password or ""
    return MailServer(
        host=host,
        port=conf.getint("smtp", "smtp_port", fallback=25),
        user=user,
        password=password,
        is_ssl=conf.getboolean("smtp", "smtp_ssl", fallback=False),
        starttls=conf.getboolean("smtp", "smtp_starttls", fallback=True),
        mail_from=conf.get("smtp", "smtp_mail_from", fallback="") or None,
        timeout=conf.getfloat("smtp", "smtp_timeout", fallback=30.0),
        retry_limit=conf.getint("smtp", "smtp_retry_limit", fallback=5),
        is_verified=_is_verified(conf.get("email", "ssl_context", fallback="default")),
    )


def _from_connection(connection: Any) -> MailServer:
    """Extras as the provider smtp has them; without `disable_ssl` the whole connection is TLS."""
    extra = connection.extra_dejson
    if not connection.host:
        raise MailError(f"The connection {connection.conn_id!r} has no host; it is the name of the mail server.")
    is_ssl = not _is_true(extra.get("disable_ssl"))
    return MailServer(
        host=connection.host,
        port=connection.port or (465 if is_ssl else 25),
        user=connection.login or "",
        password=connection.password or "",
        is_ssl=is_ssl,
        starttls=not _is_true(extra.get("disable_tls")),
        mail_from=extra.get("from_email") or None,
        timeout=float(extra.get("timeout", 30)),
        retry_limit=int(extra.get("retry_limit", 5)),
        is_verified=_is_verified(extra.get("ssl_context", "default")),
        subject_template=extra.get("subject_template"),
        html_content_template=extra.get("html_content_template"),
    )


def _connection(conn_id: str) -> Any:
    from vortex.execution.connections import get_connection

    try:
        return get_connection(conn_id)
    except AirflowNotFoundException:
        return None


def _is_true(value: Any) -> bool:
    return value.strip().lower() not in _FALSE if isinstance(value, str) else bool(value)


def _is_verified(word: Any) -> bool:
    return str(word).lower() != "none"
