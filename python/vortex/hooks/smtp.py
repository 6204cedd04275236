"""SmtpHook: a mail server that a connection names."""

from __future__ import annotations

from typing import Any

from vortex.airflow_compat.names import BaseHook
from vortex.mail import MailServer, require_server, send_email


class SmtpHook(BaseHook):
    """
    A mail server that a connection names.

    smtp_conn_id: a connection of type smtp; `smtp_default` may also be AIRFLOW__SMTP__SMTP_HOST and its kin.

    Raises AirflowException if there is no such server, and if it refuses.
    Source: Airflow, provider smtp, SmtpHook.

    Example:

        from airflow.providers.smtp.hooks.smtp import SmtpHook
        from vortex import DAG, task

        with DAG("example_smtp_hook", schedule=None):

            @task
            def send():
                with SmtpHook() as hook:
                    hook.send_email_smtp(to="team@example.com", subject="Orders", html_content="<b>All is well.</b>")

            send()
    """

    conn_name_attr = "smtp_conn_id"
    default_conn_name = "smtp_default"
    conn_type = "smtp"
    hook_name = "SMTP"

    def __init__(self, smtp_conn_id: str = default_conn_name, **_: Any) -> None:
        super().__init__()
        self.smtp_conn_id = smtp_conn_id

    def __enter__(self) -> "SmtpHook":
        return self.get_conn()

    def __exit__(self, *_error: Any) -> None:
        """Each mail has a connection of its own."""

    def get_conn(self) -> "SmtpHook":
        """Raises AirflowException if there is no such server."""
        require_server(self.smtp_conn_id)
        return self

    @property
    def server(self) -> MailServer:
        return require_server(self.smtp_conn_id)

    @property
    def from_email(self) -> Any:
        return self.server.mail_from

    def send_email_smtp(self, *, to: Any, subject: str = "", html_content: str = "", **kwargs: Any) -> None:
        """Arguments are those of send_email."""
        send_email(to, subject, html_content, **{**kwargs, "conn_id": self.smtp_conn_id})
