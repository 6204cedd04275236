"""EmailOperator: sends a mail."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Union

from vortex.definitions.base_operator import BaseOperator


class EmailOperator(BaseOperator):
    """
    Sends a mail through a mail server: that of AIRFLOW__SMTP__SMTP_HOST and its kin in the worker's environment, or of a connection.

    to, cc, bcc: addresses in a list, or in a text with `,` or `;` between them.
    subject, html_content: texts; html_content may be the name of an `.html` template file. None = the template file that the
        connection's extra names (`subject_template`, `html_content_template`).
    from_email: the sender. None = the server's own.
    files: paths of attachments on the worker.
    mime_subtype, mime_charset: of the message and of its text.
    custom_headers: header -> text.
    conn_id: a connection of type smtp. None = the settings, else the connection `smtp_default`.

    Returns nothing.
    Raises AirflowException when it runs if there is no mail server, and if it refuses.
    Source: Airflow, EmailOperator.

    Example:

        from vortex import DAG, EmailOperator

        with DAG("example_email", schedule="@daily"):
            EmailOperator(task_id="tell", to="team@example.com", subject="Orders of {{ ds }}", html_content="<b>All is well.</b>")
    """

    template_fields: Sequence[str] = (
        "to",
        "subject",
        "html_content",
        "from_email",
        "files",
        "cc",
        "bcc",
        "mime_subtype",
        "mime_charset",
        "conn_id",
        "custom_headers",
    )
    template_fields_renderers = {"html_content": "html"}
    template_ext: Sequence[str] = (".html",)
    ui_color = "#e6faf9"

    def __init__(
        self,
        *,
        to: Union[str, List[str]],
        subject: Optional[str] = None,
        html_content: Optional[str] = None,
        files: Optional[List[str]] = None,
        from_email: Optional[str] = None,
        cc: Union[str, List[str], None] = None,
        bcc: Union[str, List[str], None] = None,
        mime_subtype: str = "mixed",
        mime_charset: str = "utf-8",
        conn_id: Optional[str] = None,
        custom_headers: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.to = to
        self.subject = subject
        self.html_content = html_content
        self.files = files or []
        self.from_email = from_email
        self.cc = cc
        self.bcc = bcc
        self.mime_subtype = mime_subtype
        self.mime_charset = mime_charset
        self.conn_id = conn_id
        self.custom_headers = custom_headers

    def execute(self, context: Any) -> None:
        from vortex.execution.templating import render_now
        from vortex.mail import MailError, require_server, send_email

        server = require_server(self.conn_id)
        for field in ("subject", "html_content"):
            if getattr(self, field) is None:
                path = getattr(server, f"{field}_template")
                if path is None:
                    raise MailError(f"Give `{field}`, or {field}_template in the extra of the connection.")
                setattr(self, field, render_now(self, read_template(path), context))
        send_email(
            self.to,
            str(self.subject),
            str(self.html_content),
            files=self.files,
            cc=self.cc,
            bcc=self.bcc,
            mime_subtype=self.mime_subtype,
            mime_charset=self.mime_charset,
            conn_id=self.conn_id,
            custom_headers=self.custom_headers,
            from_email=self.from_email,
        )
        self.log.info("Sent %r to %s", self.subject, self.to)


def read_template(path: str) -> str:
    """Raises AirflowException if the file cannot be read."""
    from vortex.mail import MailError

    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read().strip()
    except OSError as error:
        raise MailError(f"The template {path!r} of a mail cannot be read: {error.strerror}.") from None
