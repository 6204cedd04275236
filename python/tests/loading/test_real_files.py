"""What real DAG folders do while they load, each found in a file that did not load."""

from __future__ import annotations

import pytest

from vortex.loading.parse_file import parse_file

WITH_DAG = "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\nwith DAG('d', schedule_interval=None):\n"


def load(root, source, file="a.py"):
    (root / file).write_text(source)
    result = parse_file(str(root), file)
    assert result["error"] is None, result["error"]["traceback"]
    return result["dags"]


def test_ids_of_any_script(tmp_path):
    (dag,) = load(tmp_path, WITH_DAG.replace("'d'", "'深圳湾_巡检'") + "    BashOperator(task_id='größe.1', bash_command='x')")
    assert (dag["dag_id"], dag["tasks"][0]["task_id"]) == ("深圳湾_巡检", "größe.1")


def test_settings_and_defaults_of_the_configuration(tmp_path, monkeypatch):
    monkeypatch.delenv("AIRFLOW_HOME", raising=False)
    root = tmp_path / "dags"
    root.mkdir()
    source = (
        "import pendulum\nfrom airflow.settings import AIRFLOW_HOME, DAGS_FOLDER, TIMEZONE\nfrom airflow.configuration import conf\n"
        "pendulum.now(TIMEZONE)\nlogs = conf.get('core', 'BASE_LOG_FOLDER').rstrip('/')\n"
        f"assert (AIRFLOW_HOME, DAGS_FOLDER, logs) == ({str(tmp_path)!r}, {str(root)!r}, {str(tmp_path / 'logs')!r})\n"
        "assert conf.get('kubernetes_executor', 'worker_container_tag') == ''\n"
    )
    assert load(root, source) == []


def test_columns_of_models(tmp_path):
    load(
        tmp_path,
        "from airflow.models import DagRun, TaskInstance, XCom\n"
        "f = [DagRun.external_trigger.is_(False), DagRun.execution_date <= 3, TaskInstance.state, XCom.timestamp.desc()]\n",
    )


def test_a_subclass_of_a_missing_operator_reads_what_its_base_would_have_set(tmp_path):
    (dag,) = load(
        tmp_path,
        "from airflow.providers.docker.operators.docker import DockerOperator\n"
        "class Mine(DockerOperator):\n"
        "    def __init__(self, **kwargs):\n"
        "        super().__init__(**kwargs)\n"
        "        if not self.network_mode:\n            self.network_mode = 'bridge'\n"
        "        self.mounts = self.mounts + ['/data']\n"
        + WITH_DAG
        + "    Mine(task_id='t', image='x')\n",
    )
    assert dag["tasks"][0]["stub_package"] == "apache-airflow-providers-docker"


def test_secrets_of_a_pod_are_not_the_vaults(tmp_path):
    (dag,) = load(
        tmp_path,
        "from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator\n"
        "from airflow.providers.cncf.kubernetes.secret import Secret\n"
        + WITH_DAG
        + "    KubernetesPodOperator(task_id='t', image='x', secrets=[Secret('env', 'A', 'b', 'c')])\n",
    )
    assert dag["tasks"][0]["secrets"] == {}


def test_durations_of_pendulum(tmp_path):
    pytest.importorskip("pendulum.duration")
    (dag,) = load(tmp_path, "import pendulum\n" + WITH_DAG + "    BashOperator(task_id='t', bash_command='x', retries=1, retry_delay=pendulum.duration(minutes=5))\n")
    assert dag["tasks"][0]["retry_delay_ms"] == 300_000


@pytest.mark.parametrize("rule", ["Mine()", "'plugins.weights.Mine'"])
def test_a_weight_strategy_is_told(tmp_path, rule):
    (dag,) = load(
        tmp_path,
        "from airflow.task.priority_strategy import PriorityWeightStrategy\n"
        "class Mine(PriorityWeightStrategy):\n    def get_weight(self, ti):\n        return 1\n"
        + WITH_DAG
        + f"    BashOperator(task_id='t', bash_command='x', weight_rule={rule})\n",
    )
    assert dag["tasks"][0]["weight_rule"] == "absolute"
    assert "weight_rule that is a class is not run" in dag["notices"][0]


def test_examples_import_each_other(tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "words.py").write_text("WORD = 'from the folder'\n")
    load(tmp_path, "from airflow.example_dags.plugins.words import WORD\nassert WORD == 'from the folder'\n")


def test_task_from_the_module_of_the_python_operator(tmp_path):
    (dag,) = load(
        tmp_path,
        "from airflow.operators.python import task\n@task()\ndef f():\n    pass\n" + WITH_DAG + "    f()\n",
    )
    assert dag["tasks"][0]["task_id"] == "f"
