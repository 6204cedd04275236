"""What a parse tells of a good file: DAGs, bundle, inputs, dialect, fork hazard."""
import hashlib
import os

import pytest
from host_process import PACKAGE_FOLDER, HostProcess, write

from vortex.loading.data_files import MAX_DATA_FILE_BYTES, MAX_DATA_FILES, list_data_files

DAG = "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\n"


def parse(host, dags, text, file="file.py"):
    write(dags, file, text)
    answer = host.parse(dags, file)
    assert answer["failure"] is None
    assert answer["result"]["error"] is None, answer["result"]["error"]
    return answer["result"]


def paths(result):
    return [entry["path"] for entry in result["bundle_files"]]


def test_the_dag_file_comes_first_with_its_hash(host, dags):
    write(dags, "a_helper.py", "X = 1\n")
    result = parse(host, dags, "import a_helper\n" + DAG + "dag = DAG('d', schedule=None)\n")
    assert paths(result) == ["file.py", "a_helper.py"]
    content = (dags / "file.py").read_bytes()
    assert result["bundle_files"][0] == {"path": "file.py", "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def test_modules_imported_inside_functions_travel_too(host, dags):
    write(dags, "pack/__init__.py", "")
    write(dags, "pack/one.py", "def f():\n    from . import two\n    from .sub.three import x\n")
    write(dags, "pack/two.py", "import importlib\ndef g():\n    importlib.import_module('pack.four')\n")
    write(dags, "pack/sub/three.py", "x = 1\n")
    write(dags, "pack/four.py", "")
    write(dags, "unrelated.py", "raise SystemExit\n")
    result = parse(host, dags, DAG + "def work():\n    import pack.one\n\ndag = DAG('d', schedule=None)\n")
    assert paths(result) == ["file.py", "pack/__init__.py", "pack/four.py", "pack/one.py", "pack/sub/three.py", "pack/two.py"]


def test_template_files_with_what_they_include(host, dags, tmp_path):
    write(dags, "team/sql/q.sql", "{% include 'part.sql' %}")
    write(dags, "shared/part.sql", "select 1")
    write(dags, "shared/other.sql", "not named")
    outside = write(tmp_path, "outside/run.sh", "echo")
    text = DAG + f"""
with DAG('d', schedule=None, template_searchpath=['{dags}/shared', '{dags}/team/sql', '{tmp_path}/outside']) as dag:
    BashOperator(task_id='a', bash_command='run.sh', env={{'X': 'q.sql'}})
    class Sql(BashOperator):
        template_ext = ('.sql',)
    Sql(task_id='b', bash_command='q.sql')
"""
    result = parse(host, dags, text, "team/file.py")
    assert "shared/part.sql" in paths(result) and "team/sql/q.sql" in paths(result)
    assert "shared/other.sql" not in paths(result)
    assert not any(outside in path for path in paths(result))


def test_plugins_beside_the_folder_are_importable_and_travel(host, dags, tmp_path):
    write(tmp_path, "plugins/our_plugin.py", "VALUE = 5\n")
    result = parse(host, dags, DAG + "from our_plugin import VALUE\ndag = DAG(f'd{VALUE}', schedule=None)\n")
    assert result["dags"][0]["dag_id"] == "d5"
    assert paths(result) == ["file.py", "plugins/our_plugin.py"]


PLUGIN = """
from airflow.plugins_manager import AirflowPlugin

def shout(text):
    return text.upper()

class Text(AirflowPlugin):
    name = 'text_tools'
    macros = [shout]
"""


def test_plugins_whose_macros_templates_use_travel(host, dags, tmp_path):
    write(tmp_path, "plugins/team/text.py", PLUGIN)
    write(tmp_path, "plugins/other.py", PLUGIN.replace("text_tools", "other_tools"))
    write(dags, "q.sh", "echo {{ macros.text_tools.shout('a') }} {{ macros.ds_add(ds, 1) }}")
    result = parse(host, dags, DAG + "with DAG('d', schedule=None) as dag:\n    BashOperator(task_id='t', bash_command='q.sh')\n")
    assert result["error"] is None and "plugins/team/text.py" in paths(result) and "plugins/other.py" not in paths(result)
    text = DAG + "from airflow.macros.text_tools import shout\ndag = DAG(shout('d'), schedule=None)\n"
    result = parse(host, dags, text, "named.py")
    assert result["dags"][0]["dag_id"] == "D" and "plugins/team/text.py" in paths(result)


@pytest.mark.parametrize("init", [True, False])
def test_the_package_include_beside_the_folder_is_importable_and_travels(host, dags, tmp_path, init):
    write(tmp_path, "include/tables/names.py", "from .. import more\nNAME = 'orders'\n")
    write(tmp_path, "include/more.py", "")
    write(tmp_path, "include/late.py", "")
    write(tmp_path, "other/unseen.py", "")
    if init:
        write(tmp_path, "include/__init__.py", "")
    task = "\ndef later():\n    from include import late\n    import other.unseen\n"
    result = parse(host, dags, DAG + "from include.tables.names import NAME\ndag = DAG(NAME, schedule=None)" + task)
    assert result["error"] is None and result["dags"][0]["dag_id"] == "orders"
    own = ["include/__init__.py"] if init else []
    assert paths(result) == ["file.py", *own, "include/late.py", "include/more.py", "include/tables/names.py"]


def test_data_files_beside_and_below_travel_hidden_ones_and_outputs_do_not(host, dags):
    for name in ("a.json", "sub/b.csv", ".hidden/c.json", "__pycache__/d.pyc", "run.log", "state.db", "venv/pyvenv.cfg", "venv/x.txt"):
        write(dags, name, name)
    assert paths(parse(host, dags, DAG + "dag = DAG('d', schedule=None)\n")) == ["file.py", "a.json", "sub/b.csv"]


def test_data_files_have_limits(tmp_path):
    (tmp_path / "large.bin").write_bytes(b"x" * (MAX_DATA_FILE_BYTES + 1))
    for number in range(MAX_DATA_FILES + 10):
        (tmp_path / f"{number:04}.txt").write_text("x")
    found = list_data_files(str(tmp_path))
    assert len(found) == MAX_DATA_FILES and not any("large" in path for path in found)


def test_files_folders_and_environment_that_the_import_read_are_inputs(host, dags, tmp_path):
    outside = write(tmp_path, "outside.json", "{}")
    write(dags, "team/conf.yaml", "x")
    text = DAG + f"""
import glob, os, tempfile
here = os.path.dirname(__file__)
open({outside!r}).read()
open(os.path.join(here, 'conf.yaml')).read()
os.path.exists('/nowhere')
try:
    open(os.path.join(here, 'later.json'))
except FileNotFoundError:
    pass
glob.glob(os.path.join(here, '*.yaml'))
open(os.path.join(tempfile.gettempdir(), 'vortex-written-by-a-test'), 'w').write('an output')
os.environ.get('BUCKET'), os.getenv('REGION', 'eu'), 'HOST_NAME' in os.environ, os.environ.get('HOME')
dag = DAG('d', schedule=None)
"""
    result = parse(host, dags, text, "team/file.py")
    assert "team/conf.yaml" in paths(result)
    assert result["inputs"]["files"] == [outside, "team/", "team/later.json"]
    assert result["inputs"]["environment"] == ["BUCKET", "HOST_NAME", "REGION"]


def test_variables_are_asked_of_the_server_and_recorded(host, dags):
    host.variables["team"] = "data"
    text = DAG + "from airflow.models import Variable\ndag = DAG('of_' + Variable.get('team') + Variable.get('none', default_var='_x'), schedule=None)\n"
    result = parse(host, dags, text)
    assert result["dags"][0]["dag_id"] == "of_data_x"
    assert result["inputs"]["variables"] == ["none", "team"]


def test_setting_a_variable_while_loading_is_refused(host, dags):
    write(dags, "file.py", DAG + "from airflow.models import Variable\nVariable.set('x', 1)\n")
    error = host.parse(dags, "file.py")["result"]["error"]
    assert "ran while the DAG file was imported" in error["message"]


def test_a_failed_import_still_names_what_would_mend_it(host, dags):
    write(dags, "broken_helper.py", "1 / 0\n")
    write(dags, "file.py", DAG + "import broken_helper\n")
    result = host.parse(dags, "file.py")["result"]
    assert result["error"]["line"] == 3
    assert [entry["path"] for entry in result["bundle_files"]] == ["file.py", "broken_helper.py"]


@pytest.mark.parametrize(
    "imports, compat, dialect",
    [
        ("from airflow import DAG", "auto", "2"),
        ("from airflow.sdk import DAG", "auto", "3"),
        ("from airflow import DAG\nfrom airflow.providers.standard.operators.bash import BashOperator", "auto", "3"),
        ("from vortex import DAG", "auto", "3"),
        ("from airflow import DAG", "3", "3"),
        ("from airflow.sdk import DAG", "2", "3"),
    ],
)
def test_the_dialect_follows_the_file_s_own_imports(host, dags, imports, compat, dialect):
    write(dags, "file.py", f"{imports}\ndag = DAG('d', schedule=None)\n")
    host.send({"id": 1, "root": str(dags), "file": "file.py", "compat": compat})
    assert host._read()["result"]["dags"][0]["dialect"] == dialect


def test_two_files_of_one_name_do_not_meet(host, dags):
    for team in ("a", "b"):
        write(dags, f"{team}/same.py", DAG + f"dag = DAG('of_{team}', schedule=None)\n")
    found = host.parse_all(dags, ["a/same.py", "b/same.py"])
    assert [found[f"{team}/same.py"]["result"]["dags"][0]["dag_id"] for team in "ab"] == ["of_a", "of_b"]


def test_a_cycle_and_a_duplicate_have_their_own_kinds(host, dags):
    write(dags, "cycle.py", DAG + "with DAG('d', schedule=None):\n    a, b = (BashOperator(task_id=n, bash_command='x') for n in 'ab')\n    a >> b >> a\n")
    write(dags, "twice.py", DAG + "with DAG('d', schedule=None):\n    BashOperator(task_id='a', bash_command='x')\n    BashOperator(task_id='a', bash_command='x')\n")
    write(dags, "ids.py", DAG + "a = DAG('d', schedule=None)\nb = DAG('d', schedule=None)\n")
    write(dags, "cron.py", DAG + "import datetime\na = DAG('d', schedule='every monday', start_date=datetime.datetime(2024, 1, 1))\n")
    found = host.parse_all(dags, ["cycle.py", "twice.py", "ids.py", "cron.py"])
    kinds = {file: answer["result"]["error"]["kind"] for file, answer in found.items()}
    assert kinds == {"cycle.py": "cycle", "twice.py": "duplicate", "ids.py": "duplicate", "cron.py": "invalid"}
    assert found["twice.py"]["result"]["error"]["line"] == 5


def test_open_connections_are_a_fork_hazard(host, dags):
    text = DAG + "import socket\nkept = socket.socket()\ndag = DAG('d', schedule=None)\n"
    assert parse(host, dags, text)["fork_hazard"] == "The import left 1 network connection(s) open"



def test_a_real_airflow_of_the_interpreter_is_hidden_from_dag_files(tmp_path):
    """People give VORTEX_PYTHON the environment that they have, and Airflow is in it."""
    real = tmp_path / "site"
    write(real, "airflow/__init__.py", "raise RuntimeError('the real one')")
    write(real, "airflow/configuration.py", "")
    write(tmp_path, "dags/a.py", f"{DAG}with DAG('a'): BashOperator(task_id='t', bash_command='x')\n")
    host = HostProcess(environment={"PYTHONPATH": f"{PACKAGE_FOLDER}{os.pathsep}{real}"})
    try:
        result = host.parse(tmp_path / "dags", "a.py")["result"]
        assert result["error"] is None and [dag["dag_id"] for dag in result["dags"]] == ["a"]
    finally:
        host.close()
