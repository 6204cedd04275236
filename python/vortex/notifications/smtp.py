"""SmtpNotifier: a callback that sends a mail."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Union

from vortex.notifications.base import BaseNotifier

SUBJECT = "DAG {{ ti.dag_id }} - Task {{ ti.task_id }} - Run ID {{ ti.run_id }} in State {{ ti.state }}"
HTML = (
    "<table><tr><td>Run</td><td>{{ ti.run_id | e }}</td></tr>"
    "<tr><td>Try</td><td>{{ ti.try_number }} of {{ ti.max_tries + 1 }}</td></tr>"
    "<tr><td>State</td><td>{{ ti.state }}</td></tr>"
    "<tr><td>Worker</td><td>{{ ti.hostname | e }}</td></tr></table>"
)


class SmtpNotifier(BaseNotifier):
    """
    Sends a mail through a mail server, as EmailOperator does.

    to, cc, bcc: addresses in a list, or in a text with `,` or `;` between them.
    from_email: the sender. None = the server's own.
    subject, html_content: texts. None = the templates that the connection's extra names, else what happened in short.
    template: path of a file for html_content.
    smtp_conn_id: a connection of type smtp. None = the settings, else the connection `smtp_default`.
    files: paths of attachments on the worker.
    mime_subtype, mime_charset: of the message and of its text.
    custom_headers: header -> text.
    auth_type: "basic", the only one.

    Raises ValueError at load for another auth_type.
    Source: Airflow, provider smtp, SmtpNotifier.

    Example:

        from vortex import DAG, BashOperator
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier

        with DAG("example_smtp_notifier", schedule="@daily"):
            BashOperator(task_id="load", bash_command="true", on_success_callback=SmtpNotifier(to="team@example.com"))
    """

    template_fields = (
        "from_email",
        "to",
        "subject",
        "html_content",
        "files",
        "cc",
        "bcc",
        "mime_subtype",
        "mime_charset",
        "custom_headers",
        "smtp_conn_id",
    )

    def __init__(
        self,
        to: Union[str, Iterable[str]],
        from_email: Optional[str] = None,
        subject: Optional[str] = None,
        html_content: Optional[str] = None,
        files: Optional[List[str]] = None,
        cc: Union[str, Iterable[str], None] = None,
        bcc: Union[str, Iterable[str], None] = None,
        mime_subtype: str = "mixed",
        mime_charset: str = "utf-8",
        custom_headers: Optional[Dict[str, Any]] = None,
        smtp_conn_id: Optional[str] = None,
        auth_type: str = "basic",
        *,
        template: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if auth_type != "basic":
            raise ValueError(f"SmtpNotifier: auth_type={auth_type!r} is not supported; sign in with login and password.")
        self.to = to
        self.from_email = from_email
        self.subject = subject
        self.html_content = html_content
        self.files = files
        self.cc = cc
        self.bcc = bcc
        self.mime_subtype = mime_subtype
        self.mime_charset = mime_charset
        self.custom_headers = custom_headers
        self.smtp_conn_id = smtp_conn_id
        self.template = template

    def notify(self, context: Any) -> None:
        from vortex.execution.templating import render_owner_fields
        from vortex.mail import require_server, send_email
        from vortex.operators.email import read_template

        server = require_server(self.smtp_conn_id)
        missing = [name for name in ("subject", "html_content") if getattr(self, name) is None]
        paths = {"subject": server.subject_template, "html_content": self.template or server.html_content_template}
        for name in missing:
            path = paths[name]
            setattr(self, name, read_template(path) if path else SUBJECT if name == "subject" else HTML)
        render_owner_fields(self, context, tuple(missing))
        send_email(
            self.to,
            str(self.subject).replace("\n", " "),
            str(self.html_content),
            files=self.files,
            cc=self.cc,
            bcc=self.bcc,
            mime_subtype=self.mime_subtype,
            mime_charset=self.mime_charset,
            conn_id=self.smtp_conn_id,
            custom_headers=self.custom_headers,
            from_email=self.from_email,
        )


# Its older name.
send_smtp_notification = SmtpNotifier
