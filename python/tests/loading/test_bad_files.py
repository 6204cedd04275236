"""Each bad file: what its author sees, and that the files beside it are none the worse."""
import os
import time

import pytest
from host_process import write

GOOD = "from vortex import DAG\ndag = DAG('good', schedule=None)\n"


def error_of(answer):
    return answer["failure"] or answer["result"]["error"]


def parse_with_good(host, dags, text, **limits):
    """Parses a bad file and a good one together; the good one must come through."""
    if isinstance(text, bytes):
        (dags / "bad.py").write_bytes(text)
    else:
        write(dags, "bad.py", text)
    write(dags, "good.py", GOOD)
    found = host.parse_all(dags, ["bad.py", "good.py"], **limits)
    assert [dag["dag_id"] for dag in found["good.py"]["result"]["dags"]] == ["good"]
    assert host.process.poll() is None
    return found["bad.py"]


def test_a_syntax_error_names_the_line(host, dags):
    error = error_of(parse_with_good(host, dags, "x = 1\nif x\n    pass\n"))
    assert (error["kind"], error["line"]) == ("syntax", 2)
    assert "if x" in error["traceback"]
    # The first frame is the author's: how the text came to be compiled is no matter of theirs.
    assert error["traceback"].lstrip().startswith('File "') and "ast.py" not in error["traceback"], error["traceback"]


def test_an_exception_shows_the_author_s_frames_and_none_of_ours(host, dags):
    write(dags, "helper_of_bad.py", "def fail():\n    raise KeyError('lost')\n")
    error = error_of(parse_with_good(host, dags, "import helper_of_bad\n\nhelper_of_bad.fail()\n"))
    assert (error["kind"], error["line"], error["message"]) == ("import", 3, "KeyError: 'lost'")
    assert "helper_of_bad.py" in error["traceback"] and "/vortex/" not in error["traceback"] and "importlib" not in error["traceback"]


def test_a_missing_package_says_how_to_install_it(host, dags):
    error = error_of(parse_with_good(host, dags, "import yaml_not_there\n"))
    assert error["kind"] == "import"
    assert "pip install yaml_not_there" in error["message"]


def test_a_module_beside_the_folder_says_how_it_is_found(host, dags, tmp_path):
    (tmp_path / "helpers").mkdir()
    message = error_of(parse_with_good(host, dags, "import helpers.sql\n"))["message"]
    assert f"helpers lies beside the DAG folder: move it into the DAG folder, or give the folder above, {tmp_path}, as the DAG folder" in message
    message = error_of(parse_with_good(host, dags, f"from {dags.name}.helpers import sql\n"))["message"]
    assert f"{dags.name} is the DAG folder itself: import without its name, or give the folder above" in message


def test_a_missing_variable_is_named(host, dags):
    text = "from vortex.execution.variables import Variable\nVariable.get('bucket')\n"
    answer = parse_with_good(host, dags, text)
    assert "Variable bucket does not exist" in error_of(answer)["message"]
    assert answer["result"]["inputs"]["variables"] == ["bucket"]


def test_an_endless_loop_ends_at_the_limit_with_the_line(host, dags):
    started = time.monotonic()
    error = error_of(parse_with_good(host, dags, "x = 1\nwhile True:\n    x += 1\n", wall_seconds=1))
    assert time.monotonic() - started < 5
    assert error["kind"] == "timeout"
    assert "within 1 s" in error["message"] and error["line"] in (2, 3)
    assert "bad.py" in error["traceback"]


def test_a_sleep_in_a_helper_is_shown_with_its_callers(host, dags):
    write(dags, "slow_helper.py", "import time\n\ndef wait():\n    time.sleep(100)\n")
    error = error_of(parse_with_good(host, dags, "import slow_helper\n\n\nslow_helper.wait()\n", wall_seconds=1))
    assert (error["kind"], error["line"]) == ("timeout", 4)
    assert error["traceback"].index("bad.py") < error["traceback"].index("slow_helper.py")


def test_signals_that_are_ignored_do_not_help_a_loop(host, dags):
    text = "import signal\nfor n in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2): signal.signal(n, signal.SIG_IGN)\nwhile True: pass\n"
    assert error_of(parse_with_good(host, dags, text, wall_seconds=1))["kind"] == "timeout"


def test_sys_exit_is_an_import_error(host, dags):
    error = error_of(parse_with_good(host, dags, "import sys\nsys.exit(3)\n"))
    assert (error["kind"], error["line"]) == ("exit", 2)
    assert "sys.exit(3)" in error["message"]


def test_os_exit_is_an_import_error(host, dags):
    error = error_of(parse_with_good(host, dags, "import os\nos._exit(0)\n"))
    assert error["kind"] == "exit" and "os._exit(0)" in error["message"]


def test_what_was_printed_before_the_end_is_kept(host, dags):
    answer = parse_with_good(host, dags, "import os\nprint('so far \\udcff')\nos._exit(1)\n")
    assert answer["output"] == "so far \\udcff\n"


def test_a_crash_of_the_interpreter_is_an_import_error(host, dags):
    error = error_of(parse_with_good(host, dags, "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"))
    assert error["kind"] == "crash" and "SIGSEGV" in error["message"]


def test_ten_gigabytes_are_refused(host, dags):
    error = error_of(parse_with_good(host, dags, "x = 1\ny = bytearray(10 * 1024**3)\n"))
    assert (error["kind"], error["line"]) == ("memory", 2)


def test_memory_that_grows_slowly_is_refused_too(host, dags):
    text = "kept = []\nwhile True:\n    kept.append(bytearray(1024 * 1024))\n"
    error = error_of(parse_with_good(host, dags, text, memory_bytes=200 * 1024**2))
    assert error["kind"] == "memory"


def test_a_flood_of_output_is_cut_and_changes_nothing(host, dags):
    text = "import os\nblock = b'x' * 1048576\nfor _ in range(1024): os.write(1, block)\n" + GOOD
    answer = parse_with_good(host, dags, text)
    assert [dag["dag_id"] for dag in answer["result"]["dags"]] == ["good"]
    assert len(answer["output"]) < 70_000 and "more bytes of output were dropped" in answer["output"]


def test_bytes_that_are_not_utf8_are_named_with_their_line(host, dags):
    error = error_of(parse_with_good(host, dags, b"x = 1\ny = '\xff\xfe'\n"))
    assert (error["kind"], error["line"]) == ("encoding", 2)
    assert "0xff" in error["message"]


def test_bad_bytes_in_the_first_line_and_unknown_encodings_are_named_too(host, dags):
    assert error_of(parse_with_good(host, dags, b"x = '\xff'\n"))["kind"] == "encoding"
    error = error_of(parse_with_good(host, dags, "# coding: klingon\nx = 1\n"))
    assert (error["kind"], error["line"]) == ("encoding", 1) and "klingon" in error["message"]


def test_a_declared_encoding_is_read(host, dags):
    answer = parse_with_good(host, dags, "# -*- coding: latin-1 -*-\n".encode() + b"name = '\xe9'\nassert name == chr(233)\n" + GOOD.encode())
    assert answer["result"]["error"] is None


def test_null_bytes_are_a_syntax_error(host, dags):
    assert error_of(parse_with_good(host, dags, b"x = 1\0\n"))["kind"] == "syntax"


def test_deep_recursion_is_an_import_error(host, dags):
    error = error_of(parse_with_good(host, dags, "def f():\n    f()\nf()\n"))
    assert error["kind"] == "import" and "RecursionError" in error["message"]
    assert len(error["traceback"]) < 40_000


def test_threads_that_never_end_do_not_hold_the_answer(host, dags):
    text = "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,), name='poller').start()\n" + GOOD
    answer = parse_with_good(host, dags, text)
    assert answer["result"]["error"] is None
    assert "1 thread(s) running: poller" in answer["result"]["fork_hazard"]


def test_an_exit_handler_that_hangs_does_not_hold_the_answer(host, dags):
    text = "import atexit, time\natexit.register(time.sleep, 1000)\n" + GOOD
    started = time.monotonic()
    assert parse_with_good(host, dags, text)["result"]["error"] is None
    assert time.monotonic() - started < 10


def test_a_fork_bomb_is_stopped(host, dags):
    error = error_of(parse_with_good(host, dags, "import os\nwhile True:\n    os.fork()\n", wall_seconds=20))
    assert error["kind"] in ("crash", "import") and "processes" in error["message"]


def test_a_fork_bomb_in_bash_is_stopped(host, dags):
    text = "import subprocess\nsubprocess.run(['bash', '-c', 'for i in $(seq 600); do sleep 100 & done; wait'])\n"
    error = error_of(parse_with_good(host, dags, text, wall_seconds=20))
    assert error["kind"] == "crash" and "more than 256 processes" in error["message"]


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs Linux to find daemons that left their session")
def test_a_daemon_does_not_outlive_the_parse(host, dags):
    mark = dags / "pid"
    text = f"""
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                with open({str(mark)!r}, 'w') as out: out.write(str(os.getpid()))
                time.sleep(1000)
            os._exit(0)
        while not os.path.exists({str(mark)!r}) or not open({str(mark)!r}).read(): time.sleep(0.01)
        """
    assert parse_with_good(host, dags, text)["result"]["error"] is None
    pid = int(mark.read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_changes_of_the_interpreter_stay_in_the_child(host, dags):
    text = """
        import json, os, signal, sys
        os.chdir('/')
        json.dumps = json.loads = None
        json.JSONEncoder.encode = lambda *a: 'broken'
        os._exit = os.write = print
        sys.stdout = sys.stderr = None
        """ + GOOD.replace("\n", "\n        ")
    answer = parse_with_good(host, dags, text)
    assert answer["result"]["error"] is None


def test_text_written_to_our_descriptors_is_not_believed(host, dags):
    text = "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'\\x00\\x00\\x00\\x02\\x01{')\n    except OSError: pass\n"
    error = error_of(parse_with_good(host, dags, text))
    assert error["kind"] == "crash"


def test_a_file_that_is_gone_is_an_import_error(host, dags):
    error = error_of(host.parse(dags, "gone.py"))
    assert error["kind"] == "import" and "FileNotFoundError" in error["message"]


def test_a_long_file_is_refused_before_it_is_read(host, dags):
    error = error_of(parse_with_good(host, dags, "x = '" + "y" * (17 * 1024 * 1024) + "'\n"))
    assert "16,777,216" in error["message"]
