"""What the code editor completes is what the package has."""
import json
import os
import subprocess
import sys

TOOL = os.path.join(os.path.dirname(__file__), "..", "..", "tools", "author_catalogue.py")
CODE = "import sys, runpy; tool = runpy.run_path(sys.argv[1]); sys.stdout.buffer.write(tool['as_text'](tool['catalogue']()).encode())"


def fresh():
    # An interpreter of its own: what tests of this process imported or registered must not show.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run([sys.executable, "-c", CODE, TOOL], env=environment, check=True, capture_output=True).stdout.decode()


def test_the_generated_file_is_fresh():
    target = os.path.join(os.path.dirname(__file__), "..", "..", "..", "renderer", "features", "editor", "generated", "authorApi.json")
    with open(target, encoding="utf-8") as stream:
        assert stream.read() == fresh(), "Run `python tools/author_catalogue.py` in the folder python/ and commit what it writes."


def test_it_knows_what_authors_write():
    found = json.loads(fresh())
    names = {one["name"]: one for one in found["names"]}
    assert names["BashOperator"]["kind"] == "operator"
    assert "airflow.providers.standard.operators.bash" in names["BashOperator"]["from"]
    arguments = {one["name"]: one for one in names["BashOperator"]["arguments"]}
    assert arguments["bash_command"]["required"] and arguments["append_env"]["default"] == "False"
    # PythonOperator's, though the class that adds one more hands them on.
    assert "python_callable" in {one["name"] for one in names["ShortCircuitOperator"]["arguments"]}
    assert {"retries", "trigger_rule", "secrets"} <= {one["name"] for one in found["task_arguments"]}
    assert {"schedule", "catchup", "params"} <= {one["name"] for one in names["DAG"]["arguments"]}
    assert names["TriggerRule"]["members"]["ALL_DONE"] == "all_done"
    assert "BashOperator" in found["modules"]["airflow.operators.bash"] and "DAG" in found["modules"]["vortex"]
    assert "ds" in found["context"] and "ds_add" in {one["name"] for one in found["macros"]}
    assert "bash" in found["task_decorators"]
