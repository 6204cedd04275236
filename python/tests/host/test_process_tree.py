import os
import signal
import subprocess

import pytest

from vortex.host.process_tree import StartTimer, children, descendants, kill_exactly, look_up

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")


@pytest.fixture
def tree():
    process = subprocess.Popen(["bash", "-c", "bash -c 'echo; sleep 60 & wait' & wait"], stdout=subprocess.PIPE, start_new_session=True)
    process.stdout.readline()
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_descendants_are_found_at_any_depth(tree):
    below = descendants(tree.pid)
    while len(below) < 2:
        below = descendants(tree.pid)
    assert children(tree.pid)[0] in below
    assert all(process.session == tree.pid for process in below.values())


def test_a_process_is_killed_only_under_its_own_start_time(tree):
    process = look_up(tree.pid)
    assert not kill_exactly(process._replace(start_time=process.start_time - 1), signal.SIGKILL)
    assert look_up(tree.pid).state != "Z"
    assert kill_exactly(process, signal.SIGKILL)
    assert tree.wait() == -signal.SIGKILL


def test_init_and_ourselves_are_never_signalled():
    assert not kill_exactly(look_up(1), 0)
    assert not kill_exactly(look_up(os.getpid()), 0)


def test_the_start_timer_agrees_with_the_kernel():
    for _ in range(30):
        timer = StartTimer()
        process = subprocess.Popen(["sleep", "60"])
        known = timer.of(process.pid)
        real = look_up(process.pid).start_time
        process.kill()
        process.wait()
        assert abs(known - real) <= 1
