"""YAML and JSON DAG files through a real parse host: one way with Python files, their bundles, errors and unsaved texts."""
import textwrap

TASKS = """
dags:
  made:
    tasks:
      a:
        operator: python
        python_callable: helpers.work:run
        on_failure_callback: helpers.tell:tell
      b: {operator: bash, bash_command: run.sh, dependencies: a}
"""


def helpers(dags, work="def run():\n    import lazily\n    return 1\n"):
    (dags / "helpers").mkdir()
    (dags / "helpers" / "work.py").write_text(work)
    (dags / "helpers" / "tell.py").write_text("def tell(context):\n    pass\n")
    (dags / "lazily.py").write_text("")
    (dags / "unrelated.py").write_text("")
    (dags / "run.sh").write_text("echo\n")


def test_a_file_has_its_dags_and_the_modules_that_it_names(host, dags):
    helpers(dags)
    (dags / "made.yaml").write_text(TASKS)
    (dags / "beside.yaml").write_text(TASKS.replace("made:", "beside:"))
    (dags / "settings.yaml").write_text("limit: 3\n")
    result = host.parse(dags, "made.yaml")["result"]
    assert result["error"] is None
    assert [(dag["dag_id"], [task["task_id"] for task in dag["tasks"]], dag["edges"]) for dag in result["dags"]] == [("made", ["a", "b"], [["a", "b", None]])]
    assert [file["path"] for file in result["bundle_files"]] == ["made.yaml", "helpers/tell.py", "helpers/work.py", "lazily.py", "run.sh", "settings.yaml"]
    # The file itself is no input beside the bundle, and the next file of the host is another one.
    assert result["inputs"]["files"] == []
    assert host.parse(dags, "beside.yaml")["result"]["dags"][0]["dag_id"] == "beside"


def test_json_is_read_alike(host, dags):
    (dags / "made.json").write_text('{"dags": {"made": {"tasks": {"a": {"operator": "bash", "bash_command": "echo 1"}}}}}')
    result = host.parse(dags, "made.json")["result"]
    assert [task["kind"] for task in result["dags"][0]["tasks"]] == ["bash"]


def test_an_error_names_line_and_all_problems(host, dags):
    (dags / "made.yaml").write_text("dags:\n  made:\n    catchup: yes\n    tasks:\n      a: {operator: bsh}\n")
    error = host.parse(dags, "made.yaml")["result"]["error"]
    assert (error["kind"], error["line"]) == ("invalid", 3)
    assert error["message"].startswith("`catchup` must be true or false") and error["message"].endswith("(and 1 more problem)")
    assert [line.split(": ")[0] for line in error["traceback"].splitlines()] == ["made.yaml:3:14", "made.yaml:5:21"]
    # What is stored has the form that it always had.
    assert set(error) == {"kind", "message", "traceback", "line"}


def test_unsaved_text_has_columns(host, dags):
    host.send({"id": "made.yaml", "root": str(dags), "file": "made.yaml", "source": "dags:\n  made:\n    tasks: {a: {operator: empty, retries: x}}\n    tags: 3\n", "limits": {}})
    error = host._read()["result"]["error"]
    assert (error["line"], error["column"]) == (3, 43)
    assert [(one["line"], one["column"]) for one in error["problems"]] == [(3, 43), (4, 11)]


def test_a_helper_that_fails_shows_its_own_traceback_and_is_watched(host, dags):
    helpers(dags, work="import json\nraise ValueError('no database')\n")
    (dags / "made.yaml").write_text(TASKS)
    result = host.parse(dags, "made.yaml")["result"]
    assert result["error"]["line"] == 7
    assert "Importing `helpers.work:run` failed: ValueError: no database" in result["error"]["message"]
    assert 'work.py", line 2' in result["error"]["traceback"]
    assert "helpers/work.py" in [file["path"] for file in result["bundle_files"]]


def test_kinds_of_errors(host, dags):
    cases = {
        "syntax.yaml": ("dags:\n  a:\n\ttasks: {}\n", "syntax"),
        "double.yaml": ("dags:\n  a: {tasks: {}}\n  a: {tasks: {}}\n", "duplicate"),
        "cycle.yaml": ("dags:\n  a:\n    tasks: {x: {operator: empty, dependencies: y}, y: {operator: empty, dependencies: x}}\n", "cycle"),
        "latin.yaml": (b"dags:\n  a:\n    description: \xe9\n    tasks: {}\n", "encoding"),
    }
    for name, (content, _) in cases.items():
        (dags / name).write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())
    found = host.parse_all(dags, list(cases))
    assert {name: found[name]["result"]["error"]["kind"] for name in cases} == {name: kind for name, (_, kind) in cases.items()}
