import pytest


def dag_of(body: str, arguments: str = "", call: str = "t()") -> str:
    return f"""
        from airflow import DAG
        from airflow.decorators import task
        with DAG("d", schedule=None):
            @task.bash{arguments}
            def t({"name='there'" if "name" in call else "**context"}):
                return {body}
            {call}
    """


@pytest.mark.parametrize(
    "body, arguments, call, log, value",
    [
        ("'echo one; echo two'", "", "t()", "one\ntwo\n", "two"),
        ("'echo ' + name", "", "t(name='{{ ds }}')", "2024-02-29\n", "2024-02-29"),
        ("'echo {{ ds }}'", "", "t()", "2024-02-29\n", "2024-02-29"),
        ("'echo $WHO ' + context['ds_nodash']", "(env={'WHO': '{{ dag.dag_id }}'})", "t()", "d 20240229\n", "d 20240229"),
        ("'echo $HOME$WHO'", "(env={'WHO': 'me'}, append_env=True)", "t()", "/homeme\n", "/homeme"),
        ("'pwd'", "(cwd='/', do_xcom_push=False)", "t()", "/\n", None),
    ],
)
def test_the_returned_text_is_rendered_and_run(runner, capfd, monkeypatch, body, arguments, call, log, value):
    monkeypatch.setenv("HOME", "/home")
    assert runner.load(dag_of(body, arguments, call)).value() == value
    assert capfd.readouterr().out.endswith(log)


@pytest.mark.parametrize(
    "body, outcome, words",
    [
        ("'exit 3'", "failed", "non-zero exit code 3"),
        ("'exit 99'", "skipped", "99"),
        ("'kill -9 $$'", "failed", "signal 9"),
        ("None", "failed", "must return the command"),
        ("'  '", "failed", "must return the command"),
        ("'echo {{ nonsense }}'", "failed", "'nonsense' is undefined"),
    ],
)
def test_other_ends(runner, body, outcome, words):
    result = runner.load(dag_of(body)).run()
    assert (result["outcome"], words in result["reason"]) == (outcome, True), result


def test_a_script_file_is_a_template(runner):
    (runner.folder / "run.sh").write_text("echo {{ run_id[:9] }}\n")
    assert runner.load(dag_of("'run.sh'")).value() == "scheduled"


def test_each_key_of_a_result_is_an_xcom_if_wished(runner):
    body = "'''printf '{\"a\": 1}' '''"
    result = runner.load(dag_of(body, "(multiple_outputs=True, output_processor=__import__('json').loads)")).run()
    assert {xcom["key"]: xcom["value_json"] for xcom in result["xcoms"]} == {"return_value": '{"a":1}', "a": "1"}
