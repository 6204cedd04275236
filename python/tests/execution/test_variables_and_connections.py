"""Variables and Connections: where they come from, in code and in templates."""
import json

import pytest
from vortex.exceptions import AirflowException, AirflowNotFoundException
from vortex.execution import masking
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


def test_a_connection_of_the_server_is_found_behind_the_environment(runner, monkeypatch):
    runner.channel.connections["db"] = {"conn_type": "postgres", "host": "stored", "port": 5432, "password": "p", "extra": '{"a": 1}', "login": None, "schema": None, "description": "d"}
    template = "{{ conn.db.host }} {{ conn.db.port + 1 }} {{ conn.db.extra_dejson.a }} {{ conn.db.login }}"
    assert value(runner, template=template) == "stored 5433 1 None"
    monkeypatch.setenv("AIRFLOW_CONN_DB", "postgres://environment:1/")
    assert value(runner, template="{{ conn.db.host }} {{ conn.db.port + 1 }}") == "environment 2"


def test_what_is_secret_in_the_environment_is_masked_before_it_is_used(runner, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_DB", '{"conn_type": "aws", "password": "pw1", "extra": {"region": "eu", "aws_secret_access_key": "pw2", "service_account": {"id": "pw3"}}}')
    monkeypatch.setenv("AIRFLOW_VAR_API_TOKEN", "pw4")
    monkeypatch.setenv("AIRFLOW_VAR_PLAIN", "seen")
    value(runner, template="{{ conn.db.host }}{{ var.value.api_token }}{{ var.value.plain }}")
    assert runner.channel.masked == ["pw1", "pw2", "pw3", "pw4"]


def test_what_was_read_at_import_is_masked_when_an_attempt_is_here():
    asked = []

    class Channel:
        def request(self, method, params):
            asked.append((method, params))

    masking._channel, masking._early = None, []
    try:
        masking.hide(["early", None, ""])
        masking.use_channel(Channel())
        assert asked == [("mask", {"values": ["early"]})]
    finally:
        masking._channel, masking._early = None, []


def test_mask_secret_takes_texts_lists_and_dicts(runner):
    call = "[__import__('airflow.utils.log.secrets_masker', fromlist=['x']).mask_secret(v, n) for v, n in [('s1', None), ({'password': 's2', 'user': 'u'}, 'conf'), (['s3'], None), ('plain', 'user')]]"
    value(runner, call)
    assert runner.channel.masked == ["s1", "s2", "s3"]


@pytest.mark.parametrize(
    "fields, uri",
    [
        ({"conn_type": "my_type", "host": "https://h", "port": 1}, "my-type://https://h:1"),
        ({"conn_type": "http", "password": ""}, "http://:@"),
        ({"conn_type": "aws", "extra": {"a": "b c", "d": ""}}, "aws:///?a=b+c&d="),
        ({"conn_type": "aws", "extra": {}}, "aws:///?__extra__=%7B%7D"),
        ({"conn_type": "g", "schema": "s", "extra": {"a": [1]}}, "g:///s?__extra__=%7B%22a%22%3A+%5B1%5D%7D"),
    ],
)
def test_uris_are_written_as_airflow_writes_them(fields, uri):
    made = Connection(conn_id="x", **fields)
    assert made.get_uri() == uri
    assert Connection(conn_id="x", uri=uri).as_json() == made.as_json()


def test_a_uri_and_fields_do_not_mix():
    with pytest.raises(AirflowException, match="not from both"):
        Connection(uri="http://h", login="u")


def test_a_broken_uri_is_not_repeated_in_the_error():
    with pytest.raises(AirflowException) as failure:
        Connection(uri="postgres://u:pa:ss@h:x1/")
    assert "pa:ss" not in str(failure.value) and failure.value.__cause__ is None


def test_a_hook_for_a_type_that_nobody_knows_says_which_there_are():
    with pytest.raises(AirflowException, match="no hook for connections of type 'oracle'.*postgres"):
        Connection(conn_id="x", conn_type="oracle").get_hook()


def test_a_connection_never_shows_its_password():
    assert "secret" not in repr(Connection(conn_id="x", password="secret"))
