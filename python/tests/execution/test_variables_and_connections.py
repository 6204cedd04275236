"""Variables and Connections: where they come from, in code and in templates."""
import json

import pytest
from vortex.exceptions import AirflowNotFoundException
from vortex.execution.connections import Connection, get_connection

TASK = """
    from airflow import DAG
    from airflow.models import Variable
    from airflow.operators.python import PythonOperator
    with DAG('d', schedule=None) as dag:
        PythonOperator(task_id='t', python_callable=lambda x=None, **context: CALL, op_kwargs={'x': TEMPLATE})
    """


def value(runner, call="context['x']", template="None"):
    # op_kwargs wins over the context, so `x` is what the template gave.
    return runner.load(TASK.replace("CALL", call.replace("context['x']", "x")).replace("TEMPLATE", repr(template))).value()


def test_environment_before_the_controller(runner, monkeypatch):
    runner.channel.variables["key"] = "stored"
    assert value(runner, "Variable.get('key')") == "stored"
    monkeypatch.setenv("AIRFLOW_VAR_KEY", "from outside")
    assert value(runner, "Variable.get('key')") == "from outside"


def test_defaults_of_both_spellings_and_json(runner):
    runner.channel.variables["j"] = '{"a": [1]}'
    assert value(runner, "[Variable.get('n', 1), Variable.get('n', default_var=None), Variable.get('n', default=3), Variable.get('j', deserialize_json=True)]") == [1, None, 3, {"a": [1]}]


def test_a_missing_variable_is_a_key_error_with_advice(runner):
    result = runner.load(TASK.replace("CALL", "Variable.get('gone')").replace("TEMPLATE", "None")).run()
    assert result["outcome"] == "failed" and "vortex variables set gone VALUE" in result["reason"]
    assert value(runner, "issubclass(__import__('vortex.execution.variables').execution.variables.VariableNotFound, KeyError)") is True


def test_set_and_delete_reach_the_controller(runner):
    assert value(runner, "[Variable.set('n', {'a': 1}, serialize_json=True), Variable.get('n', deserialize_json=True), Variable.delete('n'), Variable.get('n', None)]") == [None, {"a": 1}, 1, None]


def test_templates_read_both(runner, monkeypatch):
    runner.channel.variables.update({"name": "n", "j": json.dumps({"a": {"b": 5}})})
    monkeypatch.setenv("AIRFLOW_CONN_DB", "postgres://u:p%40ss@h:5432/base?sslmode=require")
    template = "{{ var.value.name }} {{ var.json.j.a.b }} {{ var.value.get('nope', 'dflt') }} {{ conn.db.host }} {{ conn.db.password }} {{ conn.db.extra_dejson.sslmode }} {{ conn.get('no', 'none') }}"
    assert value(runner, template=template) == "n 5 dflt h p@ss require none"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("postgresql://u:p@Host:5432/db", ("postgres", "u", "p", "Host", 5432, "db")),
        ("aws://AKIA:se%2Fcret@/?region_name=eu", ("aws", "AKIA", "se/cret", None, None, None)),
        ("google-cloud-platform://?x=1", ("google_cloud_platform", None, None, None, None, None)),
        ("http://https%3A%2F%2Fexample.com", ("http", None, None, "https://example.com", None, None)),
        ('{"conn_type": "mysql", "login": "u", "password": "p", "host": "h", "port": 3306, "schema": "s", "extra": {"a": 1}}', ("mysql", "u", "p", "h", 3306, "s")),
    ],
)
def test_connections_as_uri_and_json(monkeypatch, text, expected):
    monkeypatch.setenv("AIRFLOW_CONN_MY_ID", text)
    found = get_connection("my_id")
    assert (found.conn_type, found.login, found.password, found.host, found.port, found.schema) == expected


def test_a_uri_survives_a_round_trip():
    made = Connection(conn_id="x", conn_type="my_type", login="a b", password="p@:/", host="h", port=1, schema="s/t", extra={"k": {"n": 1}})
    again = Connection(conn_id="x", uri=made.get_uri())
    assert again.as_json() == made.as_json()


def test_a_missing_connection_says_where_to_define_it():
    with pytest.raises(AirflowNotFoundException, match="The conn_id `nope` isn't defined.*AIRFLOW_CONN_NOPE"):
        get_connection("nope")


def test_a_connection_never_shows_its_password():
    assert "secret" not in repr(Connection(conn_id="x", password="secret"))
