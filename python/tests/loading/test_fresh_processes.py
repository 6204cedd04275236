"""The host that starts a new interpreter per DAG file gives the answers of the one that forks."""
import pytest
from host_process import HostProcess, write

DAG = "from airflow import DAG\nfrom airflow.models import Variable\n"


@pytest.fixture(scope="module")
def fresh():
    process = HostProcess(fresh=True)
    yield process
    process.close()


def test_good_and_bad_files_get_their_answers(fresh, dags):
    fresh.variables["v"] = "x"
    files = {
        "good.py": (DAG + "dag = DAG('d_' + Variable.get('v'), schedule=None)\nprint('hello')\n", None),
        "loop.py": ("while True: pass\n", "timeout"),
        "exit.py": ("import sys\nsys.exit(1)\n", "exit"),
        "os_exit.py": ("import os\nos._exit(3)\n", "exit"),
        "memory.py": ("x = bytearray(10 * 1024**3)\n", "memory"),
        "crash.py": ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "crash"),
        "garbage.py": ("import os\nfor fd in range(3, 30):\n    try: os.write(fd, b'garbage garbage')\n    except OSError: pass\n", "crash"),
        "syntax.py": ("def\n", "syntax"),
    }
    for file, (text, _) in files.items():
        write(dags, file, text)
    found = fresh.parse_all(dags, list(files), wall_seconds=3)
    errors = {file: (answer["failure"] or answer["result"]["error"] or {}).get("kind") for file, answer in found.items()}
    assert errors == {file: kind for file, (_, kind) in files.items()}
    assert found["good.py"]["result"]["dags"][0]["dag_id"] == "d_x"
    assert found["good.py"]["output"] == "hello\n"
