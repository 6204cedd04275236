"""PostgresHook on a real PostgreSQL, with psycopg2 and with psycopg 3."""
import datetime as dt
from decimal import Decimal

import pytest
from vortex.execution.connection import Connection
from vortex.providers.common_sql.operators import SQLExecuteQueryOperator
from vortex.providers.one_database import PostgresOperator
from vortex.providers.postgres import hook as postgres
from vortex.providers.postgres.hook import PostgresHook


@pytest.fixture(params=["psycopg2", "psycopg"])
def hook(request, monkeypatch, define, postgres_uri):
    monkeypatch.setattr(postgres, "has_driver", lambda name: name == request.param)
    define("pg", uri=postgres_uri)
    made = PostgresHook(postgres_conn_id="pg")
    made.run(["drop table if exists t", "create table t (id integer primary key, name text, at timestamptz, price numeric, tags text[])"])
    return made


DAY = dt.datetime(2024, 1, 2, tzinfo=dt.timezone.utc)


def test_values_keep_their_types(hook):
    hook.insert_rows("t", [(1, "é'%s", DAY, Decimal("1.50"), ["a", "b"]), (2, None, None, None, None)])
    assert hook.get_records("select * from t order by id") == [(1, "é'%s", DAY, Decimal("1.50"), ["a", "b"]), (2, None, None, None, None)]
    assert hook.get_first("select id from t where name = %s and tags @> %s", ["é'%s", ["a"]]) == (1,)
    assert hook.get_first("select id from t where at < %(at)s", {"at": DAY + dt.timedelta(1)}) == (1,)
    assert hook.get_first("select 'no % placeholder'") == ("no % placeholder",)


def test_the_driver_is_the_one_that_is_there(hook):
    connection = hook.get_conn()
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    assert type(connection).__module__.partition(".")[0] == ("psycopg2" if postgres.has_driver("psycopg2") else "psycopg")
    connection.close()


def test_many_rows_and_upserts(hook):
    hook.insert_rows("t", ((number, f"n{number}") for number in range(2500)), target_fields=["id", "name"], commit_every=1000)
    assert hook.get_first("select count(*), max(name) from t") == (2500, "n999")
    hook.insert_rows("t", [(1, "new"), (9999, "more")], target_fields=["id", "name"], replace=True, replace_index="id")
    hook.insert_rows("t", [(2, "key found")], target_fields=["id", "name"], replace=True)
    assert hook.get_records("select name from t where id in (1, 2, 9999) order by id") == [("new",), ("key found",), ("more",)]
    with pytest.raises(ValueError, match="requires column names"):
        hook.insert_rows("t", [(1, "x")], replace=True)


def test_copy_goes_both_ways(hook, tmp_path):
    file = tmp_path / "in.csv"
    file.write_text("1,ä\n2,b\n")
    hook.copy_expert("COPY t (id, name) FROM STDIN WITH CSV", str(file))
    assert file.read_text() == "1,ä\n2,b\n"
    out = tmp_path / "out.csv"
    out.write_text("something that was longer than what comes out\n" * 5)
    hook.copy_expert("COPY (select name, id from t order by id) TO STDOUT WITH CSV HEADER", str(out))
    assert out.read_text() == "name,id\nä,1\nb,2\n"
    hook.bulk_dump("t", str(tmp_path / "dump"))
    hook.run("truncate t")
    hook.bulk_load("t", str(tmp_path / "dump"))
    assert hook.get_first("select count(*) from t") == (2,)


def test_autocommit_lets_run_what_no_transaction_may_hold(hook):
    hook.run("vacuum t", autocommit=True)
    with pytest.raises(Exception, match="cannot run inside a transaction block"):
        hook.run("vacuum t")


def test_a_statement_that_fails_takes_those_before_it_back(hook):
    with pytest.raises(Exception, match="nowhere"):
        hook.run(["insert into t (id) values (1)", "delete from nowhere"])
    assert hook.get_first("select count(*) from t") == (0,)


def test_engines_and_data_frames(hook):
    hook.insert_rows("t", [(1, "a"), (2, "b")], target_fields=["id", "name"])
    with hook.get_sqlalchemy_engine().connect() as connection:
        assert connection.exec_driver_sql("select count(*) from t").scalar() == 2
    assert list(hook.get_pandas_df("select * from t where id > %s", parameters=[1])["name"]) == ["b"]


def test_extra_options_and_database(hook, define, postgres_uri):
    stored = Connection(uri=postgres_uri)
    fields = {name: getattr(stored, name) for name in ("conn_type", "host", "port", "login", "password", "schema")}
    define("cursors", **fields, extra={"cursor": "realdictcursor", "application_name": "vortex test"})
    other = PostgresHook("cursors", options="-c search_path=pg_catalog")
    assert dict(other.get_first("select current_setting('application_name') as app, current_setting('search_path') as path")) == {"app": "vortex test", "path": "pg_catalog"}
    assert PostgresHook("pg", database="postgres").get_first("select current_database()") == ("postgres",)
    assert PostgresHook("pg", schema="postgres").get_first("select current_database()") == ("postgres",)
    assert PostgresHook("pg").get_uri().startswith("postgresql://postgres:vortex@127.0.0.1:")
    define("wrong", **{**fields, "password": "no"})
    answered, message = PostgresHook("wrong").test_connection()
    assert not answered and "password authentication failed" in message


def test_operators(hook):
    make = SQLExecuteQueryOperator(task_id="t", conn_id="pg", sql="select current_database(), %(n)s::int", parameters={"n": 3}, database="postgres")
    assert make.execute({}) == [("postgres", 3)]
    several = "create table if not exists u (i int); insert into u values (1), (2); select sum(i) from u; drop table u;"
    assert PostgresOperator(task_id="t", postgres_conn_id="pg", sql=several, split_statements=True, return_last=False).execute({})[2] == [(3,)]
    old = PostgresOperator(task_id="t", postgres_conn_id="pg", sql="select current_setting('statement_timeout')", runtime_parameters={"statement_timeout": "3s"})
    assert old.execute({}) == [("3s",)]
