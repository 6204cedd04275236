"""Template expressions, rendered one by one by Airflow (record_runs.py) and by VORTEX (airflowRuns.integration.test.ts), as text and natively."""
from __future__ import annotations

import datetime as dt
import os

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, AssetAlias, BaseOperator, CronDataIntervalTimetable, Param, literal, task

FOLDER = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(FOLDER, "template_expressions.txt")) as file:
    EXPRESSIONS = [line for line in file.read().splitlines() if line and not line.startswith("#")]


class Renders(BaseOperator):
    """Renders each expression by itself, so that one error says nothing about the others."""

    def execute(self, context):
        found = {}
        for expression in EXPRESSIONS:
            text = expression if "{%" in expression else "{{ " + expression + " }}"
            try:
                value = self.render_template(text, context)
                found[expression] = value if type(value) is str else f"{type(value).__name__} {value}"
            except Exception as error:
                found[expression] = f"! {type(error).__name__}"
        return found


class Holder:
    template_fields = ("inner", "other")

    def __init__(self, inner, other):
        self.inner, self.other = inner, other


class Shows(BaseOperator):
    """Its fields as they were rendered."""

    template_fields = ("value", "nested", "holder")
    template_ext = (".sql", ".sh")

    def __init__(self, value=None, nested=None, holder=None, **kwargs):
        super().__init__(**kwargs)
        self.value, self.nested, self.holder = value, nested, holder

    def execute(self, context):
        holder = self.holder and [self.holder.inner, self.holder.other]
        return {"value": self.value, "nested": self.nested, "holder": holder, "type": type(self.value).__name__}


ARGUMENTS = dict(
    start_date=dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc),
    is_paused_upon_creation=True,
    catchup=False,
    tags=["one"],
    default_args={"owner": "ann", "retries": 0, "email_on_failure": False},
    params={"name": "orders", "n": 41, "list": [1, 2], "nested": {"deep": {"er": "x"}}, "none": None, "flag": True, "typed": Param(1.5, type="number"), "text": "{{ ds }}"},
    user_defined_macros={"twice": lambda n: 2 * n, "ratio": 0.5, "table": {"a": "b"}, "ds_of": lambda moment: moment.strftime("%d.%m.")},
    user_defined_filters={"shout": lambda text: text.upper() + "!", "plus": lambda n, by=1: n + by},
    template_searchpath=[FOLDER],
)
FIELDS = {
    "plain": "text without a template",
    "file": "files/query.sql",
    "no_file": "files/query.sql ",
    "shell": "files/run.sh",
    "gone": "files/gone.sql",
    "empty": "",
    "none": None,
    "number": 5,
    "number_text": "5",
    "list_text": "{{ params.list }}",
    "dict_text": "{{ params.nested }}",
    "none_text": "{{ params.none }}",
    "bool_text": "{{ params.flag }}",
    "literal": literal("{{ ds }}"),
    "undefined": "{{ nope }}",
    "syntax": "{{ ds ",
    "statement": "{% for n in params.list %}{{ n }};{% endfor %}",
    "trailing": "{{ ds }}\n",
    "twice": "{{ params.text }}",
    "comment": "a{# never #}b",
    "raw": "{% raw %}{{ ds }}{% endraw %}",
    "python_literal": "{{ '[1, 2]' }}",
    "mixed": "{{ params.n }} and {{ params.n }}",
    "zero": "{{ '007' }}",
}
NESTED = {"a": ["{{ ds }}", ("{{ params.n }}", 5, None)], "{{ ds }}": {"b": "{{ params.list }}"}, "file": "files/query.sql", "literal": [literal("{{ ds }}")]}

for name, native in (("text", False), ("native", True)):
    schedule = CronDataIntervalTimetable("0 0 * * *", timezone="UTC")
    with DAG(f"templates_{name}", schedule=schedule, render_template_as_native_obj=native, **ARGUMENTS) as dag:

        @task
        def pushes(ti=None):
            ti.xcom_push(key="key", value={"a": [1, {"b": "deep"}]})
            ti.xcom_push(key="none", value=None)
            return ["first", 2]

        @task(multiple_outputs=True)
        def several():
            return {"x": 1, "y": "why"}

        @task
        def mapped(n):
            return n * 10

        made = [pushes(), several(), mapped.expand(n=[1, 2, 3])]
        made >> Renders(task_id="renders", inlets=[Asset("s3://bucket/in")], outlets=[Asset(name="out", uri="s3://bucket/out"), AssetAlias("alias")])
        for field, value in FIELDS.items():
            Shows(task_id=f"field_{field}", value=value)
        Shows(task_id="nested", nested=NESTED, holder=Holder("{{ ds }}", ["{{ params.n }}"]))
        Shows(task_id="references", value=made[0], nested={"k": made[1]["y"], "text": f"<{made[0]}>"})
        BashOperator(task_id="bash", bash_command="echo {{ ds }} {{ params.name | shout }} $DAY", env={"DAY": "{{ ts_nodash }}"}, append_env=True)
        BashOperator(task_id="bash_file", bash_command="files/run.sh")

        @task
        def arguments(text, ds, params, data_interval_end, nothing=None, **context):
            keys = ("ds", "logical_date", "data_interval_start", "run_id", "dag_run", "ti", "task", "macros", "var", "conn", "params", "outlets", "templates_dict", "prev_start_date_success")
            return [text, ds, params["n"], data_interval_end.isoformat(), nothing, [key in context for key in keys]]

        arguments("{{ ds_nodash }}")

        @task(templates_dict={"day": "{{ ds }}", "list": ["{{ params.n }}"]}, task_id="templates_dict")
        def with_dict(templates_dict):
            return templates_dict

        with_dict()
        # The run succeeds, although templates that are wrong fail their tasks: the next one sees it as the successful one before it.
        list(dag.tasks) >> EmptyOperator(task_id="end", trigger_rule="all_done")
    globals()[dag.dag_id] = dag
