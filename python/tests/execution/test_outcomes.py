"""What an author's code does, and what becomes of the attempt."""
import signal

import pytest

HEAD = """
    import datetime as dt, sys, time
    from airflow import DAG
    from airflow.exceptions import *
    from airflow.models import BaseOperator
    from airflow.operators.python import PythonOperator, BranchPythonOperator, ShortCircuitOperator

    def note(name):
        def callback(context):
            print('called', name, type(context.get('exception')).__name__, context['ti'].state)
        return callback

    callbacks = {f'on_{name}_callback': note(name) for name in ('execute', 'success', 'failure', 'retry', 'skipped')}
    with DAG('d', start_date=dt.datetime(2024, 1, 1), schedule='@daily') as dag:
        def work(**context):
            BODY
        PythonOperator(task_id='t', python_callable=work, **callbacks)
    """


def body(text):
    return HEAD.replace("BODY", text.replace("\n", "\n            "))


@pytest.mark.parametrize(
    "text, outcome, code, callback",
    [
        ("return 1", "success", "", "success NoneType success"),
        ("raise ValueError('bad value')", "failed", "exception", "failure ValueError failed"),
        ("raise AirflowException('x')", "failed", "exception", "failure AirflowException failed"),
        ("raise AirflowFailException('no')", "failed_final", "fail_exception", "failure AirflowFailException failed"),
        ("raise AirflowSensorTimeout('late')", "failed_final", "sensor_timeout", "failure AirflowSensorTimeout failed"),
        ("raise AirflowSkipException('not today')", "skipped", "skip", "skipped NoneType skipped"),
        ("sys.exit(3)", "failed", "exit_code", "failure SystemExit failed"),
        ("raise KeyboardInterrupt", "failed", "exception", "failure KeyboardInterrupt failed"),
        ("raise MemoryError", "failed", "out_of_memory", "failure MemoryError failed"),
        ("return object()", "failed", "xcom_not_serialisable", "failure XComNotSerialisable failed"),
        ("return 'x' * 2_000_000", "failed", "xcom_too_large", "failure XComTooLarge failed"),
        ("context['ti'].xcom_push('k' * 513, 1)", "failed", "exception", "failure ValueError failed"),
        ("context['ti'].xcom_push('big', 'x' * 2_000_000)", "failed", "xcom_too_large", "failure XComTooLarge failed"),
    ],
)
def test_each_end_has_its_outcome_and_its_callback(runner, capsys, text, outcome, code, callback):
    result = runner.load(body(text)).run()
    assert (result["outcome"], result["reason_code"]) == (outcome, code)
    called = [line for line in capsys.readouterr().out.splitlines() if line.startswith("called")]
    assert called == ["called execute NoneType running", f"called {callback}"]


def test_a_failure_with_tries_left_calls_on_retry(runner, capsys):
    result = runner.load(body("raise ValueError('x')")).run(max_tries=3, attempt=5, try_number=2)
    assert result["outcome"] == "failed"
    assert "called retry ValueError up_for_retry" in capsys.readouterr().out


def test_pokes_and_parts_of_a_deferred_task_count_no_tries(runner, capsys):
    runner.load(body("raise ValueError('x')"))
    runner.run(max_tries=3, attempt=9, try_number=3)
    assert "called failure ValueError failed" in capsys.readouterr().out


def test_the_log_holds_the_author_s_traceback_without_our_frames(runner, capsys):
    runner.load(body("raise ValueError('bad value')")).run()
    out = capsys.readouterr().out
    assert "ValueError: bad value" in out and "file.py" in out
    assert "run_attempt.py" not in out and "operators/python.py" not in out


def test_a_failing_callback_is_printed_and_changes_nothing(runner, capsys):
    text = body("return 1").replace("print('called'", "1 / 0; print('called'")
    result = runner.load(text).run()
    assert result["outcome"] == "success"
    assert "on_success_callback callback failed" in capsys.readouterr().out


def test_a_callback_that_exits_changes_nothing_of_work_that_is_done(runner, capsys):
    result = runner.load(body("return 1").replace("print('called'", "name == 'success' and sys.exit(1); print('called'")).run()
    assert (result["outcome"], result["reason_code"]) == ("success", "")
    assert "on_success_callback callback failed" in capsys.readouterr().out


def test_a_reason_is_no_data_frame(runner):
    result = runner.load(body("raise AirflowSkipException('x' * 5_000_000)")).run()
    assert result["outcome"] == "skipped" and len(result["reason"]) <= 20_000


def test_a_reschedule_names_its_time(runner):
    result = runner.load(body("raise AirflowRescheduleException(dt.datetime(2024, 3, 1, tzinfo=dt.timezone.utc))")).run()
    assert (result["outcome"], result["reschedule_at_ms"]) == ("rescheduled", 1_709_251_200_000)


def test_a_branch_names_what_it_skips(runner):
    runner.load(
        """
        from airflow import DAG
        from airflow.operators.empty import EmptyOperator
        from airflow.operators.python import BranchPythonOperator, ShortCircuitOperator
        with DAG('d', schedule=None) as dag:
            t = BranchPythonOperator(task_id='t', python_callable=lambda: 'a')
            a, b, join = (EmptyOperator(task_id=n) for n in ('a', 'b', 'join'))
            t >> [a, b, join]
            a >> join
            stop = ShortCircuitOperator(task_id='stop', python_callable=lambda: False)
            stop >> EmptyOperator(task_id='c') >> EmptyOperator(task_id='e')
        """
    )
    branch = runner.run()
    assert (branch["outcome"], branch["skip_task_ids"]) == ("success", ["b"])
    assert sorted(runner.run(task_id="stop")["skip_task_ids"]) == ["c", "e"]


def test_the_execution_timeout_calls_on_kill_and_may_be_retried(runner, capsys):
    text = body("time.sleep(30)").replace("**callbacks)", "execution_timeout=dt.timedelta(seconds=0.2), **callbacks)")
    result = runner.load(text).run(max_tries=2)
    assert (result["outcome"], result["reason_code"]) == ("failed", "timeout")
    assert "0.2 s" in result["reason"]
    assert "called retry AirflowTaskTimeout up_for_retry" in capsys.readouterr().out
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_kill_calls_on_kill_once_and_no_failure_callback(runner, capsys):
    runner.load(
        """
        from airflow import DAG
        from airflow.models import BaseOperator
        class Waits(BaseOperator):
            def execute(self, context):
                context['ti']._channel.on_terminate('killed')
            def on_kill(self):
                print('on_kill called')
        with DAG('d', schedule=None) as dag:
            Waits(task_id='t', on_failure_callback=lambda context: print('failure callback'))
        """
    )
    result = runner.run()
    assert (result["outcome"], result["reason_code"]) == ("failed", "killed")
    out = capsys.readouterr().out
    assert out.count("on_kill called") == 1 and "failure callback" not in out


def test_a_dag_callback_gets_run_and_reason(runner, capsys):
    runner.load(
        """
        from airflow import DAG
        dag = DAG('d', schedule=None, on_failure_callback=lambda context: print('dag failed', context['reason'], context['dag_run'].run_id, context['dag_run'].state))
        """
    )
    result = runner.run(task_id="", dag_callback={"kind": "failure", "reason": "task_failure"}, run_id="manual__1")
    assert result["outcome"] == "success"
    assert "dag failed task_failure manual__1 failed" in capsys.readouterr().out


def test_a_task_that_is_not_in_the_file_says_so(runner):
    runner.load("from airflow import DAG\ndag = DAG('d', schedule=None)\n")
    assert runner.run(task_id="nope")["reason_code"] == "missing_task"
    assert "defines: d" in runner.run(dag_id="other")["reason"]


def test_a_job_of_another_version_is_named(runner):
    from vortex.execution.job import InvalidJob

    runner.load("from airflow import DAG\ndag = DAG('d', schedule=None)\n")
    with pytest.raises(InvalidJob, match="format is 2"):
        runner.run(format=2)
    with pytest.raises(InvalidJob, match="conf is None"):
        runner.run(conf=None)
