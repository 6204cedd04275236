"""MySqlHook on a real MariaDB, and on nothing where only its words matter."""
import datetime as dt
import os
import shutil
import socket
import subprocess
import time
from decimal import Decimal

import pytest
from vortex.exceptions import AirflowException
from vortex.providers.mysql import hook as mysql
from vortex.providers.mysql.hook import MySqlHook
from vortex.providers.one_database import MySqlOperator

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
PROGRAMS = ("mariadbd", "mariadb-install-db", "my_print_defaults")
INSTALL = "import { installPackages } from './scripts/debianPackages.ts'; installPackages(['mariadb-server-core', 'mariadb-client-core'], () => false)"


def _need_mariadb():
    """The programs alone, which nothing starts by itself (10 MB)."""
    if all(map(shutil.which, PROGRAMS)):
        return
    node = os.path.join(ROOT, "node_modules", ".bin", "node")
    done = subprocess.run([node, "--input-type=module", "-e", INSTALL], cwd=ROOT, capture_output=True, text=True)
    if not all(map(shutil.which, PROGRAMS)):
        pytest.skip(f"MariaDB is not there: {(done.stderr.strip().splitlines() or ['?'])[-1]}")


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory):
    """Port of a server; root without a password."""
    _need_mariadb()
    data = str(tmp_path_factory.mktemp("mariadb") / "data")
    base = os.path.dirname(os.path.dirname(shutil.which(PROGRAMS[1])))
    common = ["--no-defaults", f"--basedir={base}", f"--datadir={data}", *(["--user=root"] if os.getuid() == 0 else [])]
    subprocess.run(["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"], check=True, capture_output=True)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    options = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={data}/s", "--innodb-buffer-pool-size=16M", "--character-set-server=utf8mb4"]
    with open(f"{data}.log", "wb") as log:
        process = subprocess.Popen(["mariadbd", *common, *options], stdout=log, stderr=log)
    while not _listens(port):
        assert process.poll() is None, open(f"{data}.log").read()
        time.sleep(0.05)
    yield port
    process.terminate()
    process.wait(timeout=30)


def _listens(port):
    with socket.socket() as made:
        return made.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def hook(define, mariadb):
    define("mysql_default", conn_type="mysql", host="127.0.0.1", port=mariadb, login="root", extra={"charset": "utf8mb4"})
    made = MySqlHook(local_infile=True)
    made.run(["create database if not exists shop", "drop table if exists shop.t"])
    made.run("create table shop.t (id int primary key, name varchar(20), at datetime, price decimal(6,2))")
    return made


DAY = dt.datetime(2024, 1, 2, 3, 4, 5)


def test_values_keep_their_types(hook):
    hook.insert_rows("shop.t", [(1, "é'%s", DAY, Decimal("1.50")), (2, None, None, None)])
    assert list(hook.get_records("select * from shop.t order by id")) == [(1, "é'%s", DAY, Decimal("1.50")), (2, None, None, None)]
    assert hook.get_first("select id from shop.t where name = %s", ["é'%s"]) == (1,)
    assert hook.get_first("select '100 %'") == ("100 %",)
    assert hook.test_connection() == (True, "Connection successfully tested")


def test_replace_overwrites_and_rollback_leaves_nothing(hook):
    hook.insert_rows("shop.t", [(1, "old")], target_fields=["id", "name"])
    hook.insert_rows("shop.t", [(1, "new"), (2, "two")], target_fields=["id", "name"], replace=True)
    with pytest.raises(Exception, match="nowhere"):
        hook.run(["delete from shop.t", "delete from shop.nowhere"])
    assert list(hook.get_records("select id, name from shop.t order by id")) == [(1, "new"), (2, "two")]
    with pytest.raises(Exception, match="nowhere"):
        hook.run(["delete from shop.t", "delete from shop.nowhere"], autocommit=True)
    assert hook.get_first("select count(*) from shop.t") == (0,)


def test_several_statements_in_one_text(hook):
    MySqlOperator(task_id="t", sql="insert into shop.t (id) values (1); insert into shop.t (id) values (2);").execute({})
    assert MySqlOperator(task_id="t", sql="select count(*) from t", database="shop").execute({}) == ((2,),)


def test_files_are_loaded_as_they_are(hook, tmp_path):
    file = tmp_path / "rows"
    file.write_text("1\tä\t2024-01-02 03:04:05\t1.50\n2\tb\t\\N\t\\N\n", encoding="utf-8")
    hook.bulk_load("shop.t", str(file))
    file.write_text("2\tnew\n")
    hook.bulk_load_custom("shop.t", str(file), "REPLACE", "(id, name)")
    assert list(hook.get_records("select id, name, at from shop.t order by id")) == [(1, "ä", DAY), (2, "new", None)]


def test_cursors_of_the_extra_and_a_first_statement(hook, define, mariadb):
    define("dicts", conn_type="mysql", host="127.0.0.1", port=mariadb, login="root", schema="shop", extra={"cursor": "DictCursor"})
    assert MySqlHook("dicts", init_command="set @x = 5").get_first("select @x as x") == {"x": 5}


def test_data_frames_go_through_sqlalchemy(hook):
    hook.insert_rows("shop.t", [(1, "a", None, None)])
    assert hook.get_pandas_df("select id, name from shop.t").to_dict("records") == [{"id": 1, "name": "a"}]
    with hook.get_sqlalchemy_engine().connect() as connection:
        assert connection.exec_driver_sql("select name from shop.t").scalar() == "a"


def test_the_driver_is_the_one_that_is_asked_for_or_there(define, monkeypatch):
    define("c", conn_type="mysql", host="h", login="a@b", password="p/w", schema="s", port=3307, extra={"client": "mysql-connector-python", "charset": "utf8"})
    assert MySqlHook("c").get_uri() == "mysql+mysqlconnector://a%40b:p%2Fw@h:3307/s?charset=utf8"
    define("d", conn_type="mysql", host="h")
    assert MySqlHook("d").get_uri() == "mysql+pymysql://h"
    monkeypatch.setattr(mysql, "has_driver", lambda name: False)
    with pytest.raises(AirflowException, match="pip install mysqlclient"):
        MySqlHook("d").get_conn()
    define("e", conn_type="mysql", extra={"client": "odbc"})
    with pytest.raises(ValueError, match="Unknown MySQL client name provided: odbc"):
        MySqlHook("e").get_conn()
    define("f", conn_type="mysql", extra={"iam": True})
    with pytest.raises(AirflowException, match="'f' signs in through IAM"):
        MySqlHook("f").get_conn()
