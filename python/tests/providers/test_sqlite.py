"""DbApiHook, its operators, checks and sensor on SQLite: what is common to all databases."""
import datetime as dt

import pytest
from vortex.exceptions import AirflowException, AirflowFailException
from vortex.providers.common_sql.checks import SQLCheckOperator, SQLIntervalCheckOperator, SQLThresholdCheckOperator, SQLValueCheckOperator
from vortex.providers.common_sql.handlers import fetch_all_handler
from vortex.providers.common_sql.operators import SQLExecuteQueryOperator, SQLInsertRowsOperator
from vortex.providers.common_sql.sensor import SqlSensor
from vortex.providers.common_sql.table_checks import SQLColumnCheckOperator, SQLTableCheckOperator
from vortex.providers.one_database import SqliteOperator
from vortex.providers.sqlite.hook import SqliteHook


@pytest.fixture
def hook(define, tmp_path):
    define("db", conn_type="sqlite", host=str(tmp_path / "data & more.db"))
    made = SqliteHook("db")
    made.run("create table t (id integer primary key, name text, at text)")
    made.insert_rows("t", [(1, "a", dt.datetime(2024, 1, 2)), (2, "b", None), (3, None, "x")], target_fields=["id", "name", "at"])
    return made


def test_rows_come_back_as_they_went_in(hook):
    assert hook.get_records("select * from t order by id") == [(1, "a", "2024-01-02T00:00:00"), (2, "b", None), (3, None, "x")]
    assert hook.get_first("select name from t where id = ?", (2,)) == ("b",)
    assert hook.get_first("select name from t where id = :id", {"id": 99}) is None


def test_the_shape_of_results(hook):
    two = "select 1; select 2"
    run = lambda sql, **options: hook.run(sql, handler=fetch_all_handler, **options)  # noqa: E731
    assert run("select 1") == [(1,)]
    assert run(two, split_statements=True) == [(2,)]
    assert run(two, split_statements=True, return_last=False) == [[(1,)], [(2,)]]
    assert [columns[0][0] for columns in hook.descriptions] == ["1", "2"]
    assert run(["select 1"]) == [[(1,)]]
    assert run("select 1", return_last=False) == [(1,)]
    assert hook.run("select 1") is None
    with pytest.raises(ValueError, match="List of SQL statements is empty"):
        hook.run("  ")


def test_a_statement_that_fails_takes_those_before_it_back(hook):
    with pytest.raises(Exception, match="no such table"):
        hook.run(["delete from t", "delete from nowhere"])
    assert hook.get_first("select count(*) from t") == (3,)


def test_many_rows_are_committed_in_parts_and_may_replace(hook):
    hook.insert_rows("t", ((number, f"n{number}", None) for number in range(10, 35)), commit_every=10)
    hook.insert_rows("t", [(1, "new", None)], replace=True)
    assert hook.get_first("select count(*), min(name) from t where id >= 10 or id = 1") == (26, "n10")
    assert hook.get_first("select name from t where id = 1") == ("new",)
    hook.insert_rows("t", [])


def test_data_frames_and_engines(hook):
    frame = hook.get_pandas_df("select id, name from t where id > ?", parameters=(1,))
    assert list(frame["id"]) == [2, 3]
    assert [len(part) for part in hook.get_df_by_chunks("select * from t", chunksize=2)] == [2, 1]
    with hook.get_sqlalchemy_engine().connect() as connection:
        assert connection.exec_driver_sql("select count(*) from t").scalar() == 3
    with pytest.raises(ValueError, match="df_type"):
        hook.get_df("select 1", df_type="excel")


def test_the_extra_opens_it_read_only(hook, define):
    define("ro", conn_type="sqlite", host=hook.connection.host, extra={"mode": "ro"})
    with pytest.raises(Exception, match="readonly database"):
        SqliteHook("ro").run("delete from t")
    assert SqliteHook(sqlite_conn_id="ro").test_connection() == (True, "Connection successfully tested")
    define("none", conn_type="sqlite", host="/no/such/folder/x.db")
    assert SqliteHook("none").test_connection() == (False, "unable to open database file")


def test_a_missing_driver_says_what_to_install(hook, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    monkeypatch.delitem(sys.modules, "sqlalchemy.engine", raising=False)
    with pytest.raises(AirflowException, match="needs the Python package sqlalchemy.*pip install sqlalchemy"):
        hook.get_sqlalchemy_engine()


def execute(operator, **context):
    return operator.execute(context)


def test_the_operator_returns_rows_as_airflow_does(hook):
    make = lambda sql, **options: SQLExecuteQueryOperator(task_id="t", conn_id="db", sql=sql, **options)  # noqa: E731
    assert execute(make("select id from t order by id limit 2")) == [(1,), (2,)]
    assert execute(make(["select 1", "select 2"])) == [[(1,)], [(2,)]]
    assert execute(make("select 1; select 2;", split_statements=True)) == [(2,)]
    assert execute(make("select :x", parameters={"x": "v"})) == [("v",)]
    assert execute(make("select ?", parameters='["v"]')) == [("v",)]
    assert execute(make("select 1", do_xcom_push=False)) is None
    assert execute(make("select 1 as a", output_processor=lambda results, columns: [[dict(zip([c[0] for c in columns[0]], row)) for row in results[0]]])) == [{"a": 1}]
    assert execute(make("insert into t values (9, '', '')")) is None
    assert execute(SqliteOperator(task_id="t", sqlite_conn_id="db", sql="select max(id) from t")) == [(9,)]


def test_an_operator_needs_a_database(define):
    define("web", conn_type="http", host="h")
    with pytest.raises(AirflowException, match="'web' is no database; its hook is HttpHook"):
        execute(SQLExecuteQueryOperator(task_id="t", conn_id="web", sql="select 1"))
    with pytest.raises(AirflowException, match="needs conn_id"):
        execute(SQLExecuteQueryOperator(task_id="t", sql="select 1"))


def test_rows_of_another_task_are_inserted(hook):
    execute(SQLInsertRowsOperator(task_id="t", conn_id="db", table_name="t", rows=[{"id": 7, "name": "x"}], preoperator="delete from t"))
    assert hook.get_records("select id, name from t") == [(7, "x")]


@pytest.mark.parametrize(
    "check, is_met",
    [
        (SQLCheckOperator(task_id="t", conn_id="db", sql="select 1, 'x'"), True),
        (SQLCheckOperator(task_id="t", conn_id="db", sql="select 1, 0"), False),
        (SQLCheckOperator(task_id="t", conn_id="db", sql="select 1 where 0"), False),
        (SQLValueCheckOperator(task_id="t", conn_id="db", sql="select 10.4", pass_value=10, tolerance=0.05), True),
        (SQLValueCheckOperator(task_id="t", conn_id="db", sql="select 10.6", pass_value=10, tolerance=0.05), False),
        (SQLValueCheckOperator(task_id="t", conn_id="db", sql="select 'b'", pass_value="b"), True),
        (SQLValueCheckOperator(task_id="t", conn_id="db", sql="select 'c'", pass_value="b"), False),
        (SQLThresholdCheckOperator(task_id="t", conn_id="db", sql="select 5", min_threshold=1, max_threshold="select 5"), True),
        (SQLThresholdCheckOperator(task_id="t", conn_id="db", sql="select 6", min_threshold=1, max_threshold="select 5"), False),
        (SQLThresholdCheckOperator(task_id="t", conn_id="db", sql="select null", min_threshold=1, max_threshold=2), False),
        (SQLColumnCheckOperator(task_id="t", conn_id="db", table="t", column_mapping={"name": {"null_check": {"equal_to": 1}}, "id": {"max": {"geq_to": 3, "less_than": 4}}}), True),
        (SQLColumnCheckOperator(task_id="t", conn_id="db", table="t", column_mapping={"id": {"min": {"greater_than": 1}}}), False),
        (SQLColumnCheckOperator(task_id="t", conn_id="db", table="t", column_mapping={"id": {"min": {"greater_than": 1}}}, partition_clause="id > 1"), True),
        (SQLColumnCheckOperator(task_id="t", conn_id="db", table="t", column_mapping={"id": {"max": {"equal_to": 2.9, "tolerance": 0.1}}}), True),
        (SQLTableCheckOperator(task_id="t", conn_id="db", table="t", checks={"ids": {"check_statement": "id > 0"}}), True),
        (SQLTableCheckOperator(task_id="t", conn_id="db", table="t", checks={"ids": {"check_statement": "id > 0"}, "names": {"check_statement": "name is not null"}}), False),
        (SQLTableCheckOperator(task_id="t", conn_id="db", table="t", checks={"few": {"check_statement": "count(*) < 5"}}), True),
        (SQLTableCheckOperator(task_id="t", conn_id="db", table="t", checks={"many": {"check_statement": "count(*) > 5"}}), False),
    ],
)
def test_checks(hook, check, is_met):
    if is_met:
        check.execute({})
        return
    with pytest.raises(AirflowException, match="failed|zero rows|not within"):
        check.execute({})
    check.retry_on_failure = False
    with pytest.raises(AirflowFailException):
        check.execute({})


def test_intervals(hook):
    hook.run(["create table m (ds text, n integer)", "insert into m values ('2024-01-08', 30), ('2024-01-01', 10)"])

    def check(threshold):
        operator = SQLIntervalCheckOperator(task_id="t", conn_id="db", table="m", metrics_thresholds={"sum(n)": threshold})
        assert "{{ macros.ds_add(ds, -7) }}" in operator.sql2
        operator.sql1, operator.sql2 = (sql[: sql.index("'")] + f"'{day}'" for sql, day in ((operator.sql1, "2024-01-08"), (operator.sql2, "2024-01-01")))
        operator.execute({})

    check(3.5)
    with pytest.raises(AirflowException, match=r"sum\(n\): ratio 3.0 of 30 and 10 is not below 3"):
        check(3)


def test_the_sensor_waits_for_a_cell(hook):
    poke = lambda sql, **options: SqlSensor(task_id="t", conn_id="db", sql=sql, **options).poke({})  # noqa: E731
    assert [poke("select count(*) from t"), poke("select 0"), poke("select 1 where 0")] == [True, False, False]
    assert poke("select 5", success=lambda cell: cell > 4) is True
    assert poke("select 1, 5", selector=lambda row: row[1], success=lambda cell: cell == 5) is True
    with pytest.raises(AirflowException, match="Failure criteria met"):
        poke("select 5", failure=lambda cell: cell == 5)
    with pytest.raises(AirflowException, match="fail_on_empty"):
        poke("select 1 where 0", fail_on_empty=True)
