"""Rendered template fields as people see them."""
import json
import time

import pytest

from vortex.execution.shown_fields import MAX_CHARS, shown_fields

HEAD = """
    import datetime as dt
    from airflow import DAG
    from airflow.operators.bash import BashOperator
    from airflow.operators.python import PythonOperator
    """


class Task:
    template_fields = ("a", "b")

    def __init__(self, a, b=None):
        self.a = a
        self.b = b


def shown(value):
    (field,) = shown_fields(Task(value))
    return field["value"], field["is_cut"]


def test_an_attempt_tells_them_once_they_are_rendered(runner):
    runner.load(
        HEAD
        + """
    with DAG('d', start_date=dt.datetime(2024, 1, 1), schedule='@daily') as dag:
        BashOperator(task_id='t', bash_command='echo {{ ds }}', env={'DAY': '{{ ds_nodash }}', 'PLAIN': 'x'})
    """
    )
    assert runner.run()["outcome"] == "success"
    assert runner.channel.told["rendered"]["fields"] == [
        {"name": "bash_command", "value": "echo 2024-02-29", "is_cut": False},
        {"name": "env", "value": '{\n  "DAY": "20240229",\n  "PLAIN": "x"\n}', "is_cut": False},
    ]


def test_without_a_template_nothing_is_told(runner):
    runner.load(
        HEAD
        + """
    with DAG('d', start_date=dt.datetime(2024, 1, 1), schedule='@daily') as dag:
        PythonOperator(task_id='t', python_callable=print, op_args=['plain'])
    """
    )
    assert runner.run()["outcome"] == "success"
    assert runner.channel.told == {}


@pytest.mark.parametrize("value, text", [({"b": [1, 2.5, None, True], "a": ()}, None), ([{"x": "ü"}], None), (7, "7")])
def test_values_are_json(value, text):
    found, is_cut = shown(value)
    assert not is_cut
    assert json.loads(found) == json.loads(json.dumps(value))
    assert text is None or found == text


def test_objects_have_names_and_no_addresses():
    assert shown([print, object()])[0] == '[\n  "print",\n  "<builtins.object>"\n]'


def test_large_values_are_cut_without_being_walked():
    began = time.monotonic()
    field_a, field_b = shown_fields(Task([list(range(100))] * 3_000_000, "gone"))
    assert time.monotonic() - began < 1
    assert field_a["is_cut"] and len(field_a["value"]) <= MAX_CHARS
    assert field_b == {"name": "b", "value": "", "is_cut": True}
    assert shown("x" * 5_000_000) == ("x" * MAX_CHARS, True)
    assert shown(1 << 50_000_000)[0].startswith("<int of")
    endless = []
    endless.append(endless)
    assert "builtins.list" in shown(endless)[0]


def test_an_author_s_class_cannot_fail_its_task():
    class Bad(dict):
        def items(self):
            raise RuntimeError("no")

    assert shown(Bad(a=1)) == ("<not shown: RuntimeError>", False)
    assert shown("\ud800 half")[0] == "? half"
