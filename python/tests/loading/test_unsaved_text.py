"""Unsaved text is parsed as a file's is: same limits, same answers, and nothing of it touches the disk."""
import os

import pytest
from host_process import HostProcess, write

DAG = "from airflow import DAG\nfrom airflow.operators.empty import EmptyOperator\n"


@pytest.fixture(scope="module", params=[False, True], ids=["fork", "fresh"])
def either(request):
    process = HostProcess(fresh=request.param)
    yield process
    process.close()


def parse_text(host, root, text, file="edited.py", number="text", **limits):
    host.send({"id": number, "root": str(root), "file": file, "limits": limits, "source": text})
    return read_result(host)


def read_result(host):
    while True:
        frame = host._read()
        if frame["type"] == "result":
            return frame
        host._answer(frame)


def test_the_text_counts_not_the_file(either, dags):
    write(dags, "edited.py", DAG + "dag = DAG('saved', schedule=None)\n")
    write(dags, "helper.py", "NAME = 'from_helper'\n")
    text = DAG + "from helper import NAME\nwith DAG(NAME, schedule=None):\n    EmptyOperator(task_id='a') >> EmptyOperator(task_id='b')\n"
    result = parse_text(either, dags, text)["result"]
    assert [dag["dag_id"] for dag in result["dags"]] == ["from_helper"]
    assert result["dags"][0]["edges"] == [["a", "b", None]]
    assert result["bundle_files"] == [] and result["inputs"]["files"] == []
    # The file itself is parsed as before.
    assert either.parse(dags, "edited.py")["result"]["dags"][0]["dag_id"] == "saved"


def test_a_file_that_does_not_exist_yet(either, dags):
    result = parse_text(either, dags, DAG + "dag = DAG('new', schedule=None)\n", file="sub/new.py")["result"]
    assert result["error"] is None and result["dags"][0]["file"] == "sub/new.py"
    assert not os.path.exists(os.path.join(str(dags), "sub"))


def test_errors_tell_line_and_column_and_quote_the_text(either, dags):
    write(dags, "edited.py", "# one line on disk\n")
    error = parse_text(either, dags, "x = 1\nif x = 2:\n    pass\n")["result"]["error"]
    assert (error["kind"], error["line"], error["column"]) == ("syntax", 2, 4)
    error = parse_text(either, dags, "x = 1\n\nunknown_name\n")["result"]["error"]
    assert (error["line"], error["column"]) == (3, None)
    assert "unknown_name" in error["traceback"] and "NameError" in error["traceback"]
    error = parse_text(either, dags, "x = 1\n\0\n")["result"]["error"]
    assert (error["kind"], error["line"]) == ("syntax", 2)


def test_limits_hold(either, dags):
    assert parse_text(either, dags, "while True: pass\n", wall_seconds=1)["failure"]["kind"] == "timeout"


def test_a_parse_can_be_cancelled(either, dags):
    either.send({"id": "slow", "root": str(dags), "file": "a.py", "source": "while True: pass\n", "limits": {"wall_seconds": 30}})
    either.send({"type": "cancel", "id": "slow"})
    found = read_result(either)
    assert found["id"] == "slow" and found["failure"]["kind"] == "cancelled"
    # A cancel for what has been answered changes nothing.
    either.send({"type": "cancel", "id": "slow"})
    assert parse_text(either, dags, DAG, number="next")["result"]["error"] is None


def test_one_that_waits_is_cancelled_without_being_started(dags):
    host = HostProcess(parallel=1)
    try:
        for name in ("first", "second"):
            host.send({"id": name, "root": str(dags), "file": "a.py", "source": "while True: pass\n", "limits": {"wall_seconds": 30}})
        host.send({"type": "cancel", "id": "second"})
        assert read_result(host)["id"] == "second"
        host.send({"type": "cancel", "id": "first"})
        assert read_result(host)["id"] == "first"
    finally:
        host.close()
