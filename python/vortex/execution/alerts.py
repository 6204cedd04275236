"""
The mail that a task's `email` argument asks for when a try failed (Airflow 2 howto/email-config). It is sent in the process of the try
itself: one that was lost with its worker, or killed for memory, sends none.
"""
from __future__ import annotations

import html
from typing import Any, Dict

from vortex.execution.masking import without_secrets
from vortex.task_log import say


def send_alert(task: Any, callback: str, context: Dict[str, Any]) -> None:
    """`callback`: failure or retry. Whatever goes wrong is said in the log and changes nothing."""
    if not getattr(task, "email", None) or not getattr(task, f"email_on_{callback}", False):
        return
    from vortex.mail import HOW_TO, addresses, mail_server, send_email

    try:
        receivers = addresses(task.email)
        if mail_server() is None:
            say(f"No mail was sent to {', '.join(receivers)}: there is no mail server. {HOW_TO}.\n")
            return
        # Errors like to quote what they were given, such as the address of a database with its password.
        subject = without_secrets(f"Airflow alert: {context['ti']!r}")
        send_email(receivers, subject, _text({name: without_secrets(value) for name, value in _facts(context).items()}))
        say(f"Sent a mail to {', '.join(receivers)}\n")
    except Exception as error:  # noqa: BLE001 - the state of the task is decided already
        say(f"The mail of this failure was not sent: {error}\n")


def _facts(context: Dict[str, Any]) -> Dict[str, str]:
    ti, error = context["ti"], context.get("exception")
    return {
        "DAG": ti.dag_id,
        "Task": ti.task_id if ti.map_index < 0 else f"{ti.task_id} [{ti.map_index}]",
        "Run": ti.run_id,
        "Try": f"{ti.try_number} of {ti.max_tries + 1}",
        "State": ti.state,
        "Worker": ti.hostname,
        "Error": "" if error is None else f"{type(error).__name__}: {error}",
    }


def _text(facts: Dict[str, str]) -> str:
    cells = "".join(f"<tr><th align='left'>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in facts.items())
    return f"<table>{cells}</table>"
