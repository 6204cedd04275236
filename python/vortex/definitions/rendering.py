"""What an operator's own code may call to render templates while its task runs (Airflow: BaseOperator, templating)."""

from __future__ import annotations

from typing import Any


class Rendering:
    """The part of an operator that renders. Jinja is imported when something is rendered, never while a file loads."""

    def render_template(self, content: Any, context: Any, jinja_env: Any = None, seen_oids: Any = None) -> Any:
        """
        A text, or texts in lists, dicts and sets, as one of the operator's template fields is rendered. jinja_env: another environment
        than the DAG's. Raises what Jinja raises, for an undefined name jinja2.UndefinedError.
        """
        from vortex.execution.templating import render_now

        return render_now(self, content, context, jinja_env)

    def render_template_fields(self, context: Any, jinja_env: Any = None) -> None:
        """Renders its template fields in place. VORTEX has done so before `execute`."""
        from vortex.execution.templating import render_owner_fields

        render_owner_fields(self, context, environment=jinja_env)

    def get_template_env(self, dag: Any = None, force_sandboxed: bool = False) -> Any:
        """The Jinja environment of its templates; force_sandboxed: not the native one."""
        from vortex.execution.templating import environment_of

        return environment_of(dag if dag is not None else getattr(self, "dag_or_none", None), force_sandboxed)
