"""What templates and functions see, and how template fields are rendered."""
import os

import pytest

HEAD = """
    import datetime as dt
    from airflow import DAG
    from airflow.models import BaseOperator
    from airflow.operators.python import PythonOperator, get_current_context
    class Shows(BaseOperator):
        template_fields = ('value',)
        template_ext = ('.sql', '.sh')
        def __init__(self, value, **kwargs):
            super().__init__(**kwargs)
            self.value = value
        def execute(self, context):
            return self.value
    """


def show(runner, expression, dag_arguments="", **job):
    text = HEAD + f"""
    with DAG('d', start_date=dt.datetime(2024, 1, 1), schedule='@daily'{dag_arguments}) as dag:
        Shows(task_id='t', value={expression})
    """
    return runner.load(text).value(**job)


@pytest.mark.parametrize(
    "template, expected",
    [
        ("ds", "2024-02-29"),
        ("ds_nodash", "20240229"),
        ("ts", "2024-02-29T00:00:00+00:00"),
        ("ts_nodash", "20240229T000000"),
        ("ts_nodash_with_tz", "20240229T000000+0000"),
        ("yesterday_ds", "2024-02-28"),
        ("tomorrow_ds_nodash", "20240301"),
        ("next_ds", "2024-03-01"),
        ("prev_ds", "2024-02-28"),
        ("execution_date.add(days=1).to_date_string()", "2024-03-01"),
        ("logical_date.in_timezone('Europe/Berlin').hour", "1"),
        ("data_interval_end | ds", "2024-03-01"),
        ("data_interval_start | ts_nodash", "20240229T000000"),
        ("prev_data_interval_end_success | ts", "2024-02-29T00:00:00+00:00"),
        ("macros.ds_add(ds, 7)", "2024-03-07"),
        ("macros.ds_format(ds, '%Y-%m-%d', '%d/%m/%y')", "29/02/24"),
        ("(execution_date - macros.timedelta(hours=1)).hour", "23"),
        ("macros.dateutil.parser.parse('2020-01-02').day", "2"),
        ("macros.datetime_diff_for_humans(execution_date, '2024-03-02T00:00:00')", "2 days before"),
        ("dag.dag_id ~ task.task_id ~ ti.task_id ~ task_instance.dag_id", "dttd"),
        ("run_id", "scheduled__2024-02-29T00:00:00+00:00"),
        ("dag_run.run_type", "scheduled"),
        ("task_instance_key_str", "d__t__20240229"),
        ("ti.try_number", "1"),
        ("test_mode", "False"),
    ],
)
def test_date_keys_and_macros(runner, template, expected):
    assert show(runner, repr("{{ " + template + " }}")) == expected


def test_values_are_rendered_in_depth_and_keep_their_shape(runner):
    found = show(runner, "{'a': ['{{ ds }}', ('{{ run_id[:9] }}', 5)], 'b': {'{{ ds }}'}, '{{ ds }}': None}")
    assert found == {"a": ["2024-02-29", ("scheduled", 5)], "b": {"2024-02-29"}, "{{ ds }}": None}


def test_an_undefined_name_fails_the_task(runner):
    result = runner.load(HEAD + "with DAG('d', schedule=None) as dag:\n        Shows(task_id='t', value='{{ nope }}')\n").run()
    assert result["outcome"] == "failed" and "'nope' is undefined" in result["reason"]


def test_the_sandbox_refuses_the_interpreter_s_inside(runner):
    result = runner.load(HEAD + "with DAG('d', schedule=None) as dag:\n        Shows(task_id='t', value='{{ ti.__class__.__init__.__globals__ }}')\n").run()
    assert result["outcome"] == "failed" and "SecurityError" in result["reason"]


def test_a_file_is_rendered_by_its_extension_and_a_space_prevents_it(runner):
    (runner.folder / "q.sql").write_text("select '{{ ds }}'{% include 'part.sql' %}\n")
    (runner.folder / "part.sql").write_text(" from {{ params.name }}")
    assert show(runner, "'q.sql'", ", params={'name': 'x'}") == "select '2024-02-29' from x"
    assert show(runner, "'q.sql '") == "q.sql "


def test_a_missing_template_file_fails_the_task_by_name(runner):
    result = runner.load(HEAD + "with DAG('d', schedule=None) as dag:\n        Shows(task_id='t', value='gone.sql')\n").run()
    assert result["outcome"] == "failed" and "TemplateNotFound" in result["reason"] and "gone.sql" in result["reason"]


def test_the_search_path_macros_and_filters_of_the_dag(runner, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "run.sh").write_text("echo {{ twice(2) | plus }}")
    arguments = f", template_searchpath={str(tmp_path / 'elsewhere')!r}, user_defined_macros={{'twice': lambda x: 2 * x}}, user_defined_filters={{'plus': lambda x: x + 1}}"
    assert show(runner, "'run.sh'", arguments) == "echo 5"


def test_native_objects(runner):
    native = ", render_template_as_native_obj=True, params={'n': [1, 2]}"
    assert show(runner, "['{{ params.n }}', '5', '{{ 1 + 1 }}', 'text {{ ds }}']", native) == [[1, 2], 5, 2, "text 2024-02-29"]


def test_a_literal_is_left_alone(runner):
    text = HEAD.replace("import datetime as dt", "import datetime as dt; from airflow.utils.template import literal")
    runner.load(text + "with DAG('d', schedule=None) as dag:\n        Shows(task_id='t', value=['{{ ds }}', literal('{{ ds }}')])\n")
    assert runner.value() == ["2024-02-29", "{{ ds }}"]


def test_a_run_without_a_logical_date_lacks_the_date_keys(runner):
    runner.load(HEAD + "with DAG('d', schedule=None) as dag:\n        PythonOperator(task_id='t', python_callable=lambda **c: sorted(k for k in c if k in ('ds', 'ts', 'logical_date', 'run_id')))\n")
    job = {"logical_date": None, "data_interval_start": None, "data_interval_end": None}
    assert runner.value(**job) == ["run_id"]
    assert os.environ["AIRFLOW_CTX_LOGICAL_DATE"] == ""


def test_context_by_name_by_kwargs_and_by_call(runner):
    runner.load(
        HEAD
        + """
    def f(ds, ti, params, extra, **kwargs):
        return [ds, ti.task_id, params['p'], extra, kwargs['dag_run'].conf['c'], get_current_context()['run_id'] == kwargs['run_id']]
    with DAG('d', schedule=None, params={'p': 1}) as dag:
        PythonOperator(task_id='t', python_callable=f, op_kwargs={'extra': '{{ ds_nodash }}'}, provide_context=True)
    """
    )
    assert runner.value(conf={"c": 3}) == ["2024-02-29", "t", 1, "20240229", 3, True]


def test_the_current_context_exists_only_in_a_task():
    from vortex.execution.current_context import get_current_context

    with pytest.raises(RuntimeError, match="no context was found"):
        get_current_context()


def test_environment_of_the_attempt(runner):
    runner.load(HEAD + "with DAG('d', schedule=None, default_args={'owner': 'ann', 'email': ['a@x', 'b@x']}) as dag:\n        Shows(task_id='t', value=1)\n").run(attempt=7, try_number=2, max_tries=3)
    found = {name: os.environ[name] for name in os.environ if name.startswith(("AIRFLOW_CTX_", "VORTEX_"))}
    assert found["AIRFLOW_CTX_DAG_ID"] == found["VORTEX_DAG_ID"] == "d"
    assert found["AIRFLOW_CTX_EXECUTION_DATE"] == found["AIRFLOW_CTX_LOGICAL_DATE"] == "2024-02-29T00:00:00.000+00:00"
    assert (found["AIRFLOW_CTX_TRY_NUMBER"], found["AIRFLOW_CTX_DAG_OWNER"], found["AIRFLOW_CTX_DAG_EMAIL"]) == ("2", "ann", "a@x,b@x")


def test_params_conf_wins_over_task_over_dag(runner):
    text = HEAD + """
    with DAG('d', schedule=None, params={'a': 1, 'b': 1, 'c': 1}) as dag:
        PythonOperator(task_id='t', python_callable=lambda params: dict(params), params={'b': 2, 'c': 2})
    """
    assert runner.load(text).value(conf={"c": 3, "new": 4}) == {"a": 1, "b": 2, "c": 3, "new": 4}


@pytest.mark.parametrize(
    "param, value, problem",
    [
        ("Param(1, type='integer', minimum=0)", "x", "type"),
        ("Param(1, type='integer', minimum=0)", -1, "minimum"),
        ("Param('a', enum=['a', 'b'])", "c", "one of"),
        ("Param('2024-01-01', type='string', format='date')", "yesterday", "date"),
        ("Param(['x'], type='array', items={'type': 'string'})", [1], "type"),
        ("Param(None, type=['null', 'string'], maxLength=3)", "long", "long"),
    ],
)
def test_a_conf_that_does_not_fit_its_schema_fails_the_task(runner, param, value, problem):
    text = HEAD + f"""
    from airflow.models.param import Param
    with DAG('d', schedule=None, params={{'p': {param}}}) as dag:
        Shows(task_id='t', value='{{{{ params.p }}}}')
    """
    result = runner.load(text).run(conf={"p": value})
    assert result["outcome"] == "failed" and "'p'" in result["reason"] and problem in result["reason"]
    assert runner.run()["outcome"] == "success"


def test_an_operator_renders_texts_of_its_own_while_it_runs(runner):
    text = HEAD + """
    class Renders(BaseOperator):
        template_fields = ('late',)
        def execute(self, context):
            own = self.get_template_env().from_string('{{ ds }}').render(context)
            self.late = '{{ ds_nodash }}'
            self.render_template_fields(context)
            return [self.render_template(['{{ ds }}', {'k': '{{ params.p }}'}], context), own, self.late]
    with DAG('d', schedule=None, params={'p': 1}) as dag:
        Renders(task_id='t').late = 'x'
    """
    assert runner.load(text).value() == [["2024-02-29", {"k": "1"}], "2024-02-29", "20240229"]


def test_macros_of_plugins(runner, tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "day_tools.py").write_text(
        "from airflow.plugins_manager import AirflowPlugin\n"
        "def quarter(ds):\n    return (int(ds[5:7]) + 2) // 3\n"
        "class Days(AirflowPlugin):\n    name = 'days_of_ours'\n    macros = [quarter]\n"
    )
    text = """
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        with DAG('d', schedule='@daily'):
            PythonOperator(task_id='t', python_callable=lambda value: value, op_args=[EXPRESSION])
    """
    assert runner.load(text.replace("EXPRESSION", "'{{ macros.days_of_ours.quarter(ds) }}'")).value() == "1"
    result = runner.load(text.replace("EXPRESSION", "'{{ macros.absent_tools.quarter(ds) }}'")).run()
    assert result["outcome"] == "failed"
