"""BaseNotifier: a callback that sends a message, with fields that are rendered."""

from __future__ import annotations

import copy
import logging
from typing import Any, Collection, Dict, Optional, Sequence


class BaseNotifier:
    """
    Base of notifiers, for `on_*_callback`. You write `notify(context)`; before it is called the fields in `template_fields` are rendered,
    and are in the context too. Each call renders anew: one notifier may serve many events.

    context: values that are there beside the task's.

    Raises nothing: what `notify` raises is in the log and changes no state.
    Source: Airflow howto/notifications, BaseNotifier.

    Example:

        from vortex import DAG, BaseNotifier, BashOperator

        class NoteNotifier(BaseNotifier):
            template_fields = ("text",)

            def __init__(self, text, **kwargs):
                super().__init__(**kwargs)
                self.text = text

            def notify(self, context):
                print(self.text)

        with DAG("example_notifier", schedule="@daily"):
            BashOperator(task_id="load", bash_command="true", on_success_callback=NoteNotifier("{{ ti.task_id }} of {{ ds }} is done"))
    """

    template_fields: Collection[str] = ()
    template_ext: Sequence[str] = ()

    def __init__(self, context: Optional[Dict[str, Any]] = None, **_: Any) -> None:
        super().__init__()
        self.context = context or {}

    @property
    def log(self) -> logging.Logger:
        return logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")

    def notify(self, context: Any) -> None:
        """Sends the message."""
        raise NotImplementedError(f"{type(self).__name__} has no notify(self, context)")

    def render_template_fields(self, context: Dict[str, Any], jinja_env: Any = None) -> None:
        """In place. Raises what Jinja raises."""
        from vortex.execution.templating import render_owner_fields

        render_owner_fields(self, context)

    def __call__(self, *args: Any) -> None:
        """With the context; Airflow's form for missed SLAs, of four arguments, is read too."""
        names = ("dag", "task_list", "blocking_task_list", "blocking_tis")
        context = dict(args[0]) if len(args) == 1 else dict(zip(names, args))
        notifier = copy.copy(self)
        context.update({name: getattr(self, name) for name in self.template_fields})
        notifier.render_template_fields(context)
        notifier.notify(context)
