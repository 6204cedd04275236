"""Splitting a text of SQL into its statements."""
import pytest
from vortex.providers.common_sql.statements import split_statements


@pytest.mark.parametrize(
    "sql, statements",
    [
        ("", []),
        (" ; ;\n-- nothing\n/* ; */", []),
        ("select 1", ["select 1"]),
        ("select 1; select ';' ; select 2;", ["select 1;", "select ';' ;", "select 2;"]),
        ("select 'it''s; one'; select \"a;b\"", ["select 'it''s; one';", 'select "a;b"']),
        ("-- a; comment\nselect 1; /* ; */ select 2", ["-- a; comment\nselect 1;", "/* ; */ select 2"]),
        ("do $$ begin; end; $$; select $x$;$$;$x$", ["do $$ begin; end; $$;", "select $x$;$$;$x$"]),
        (
            "create trigger t after insert on a begin update b set c = case when 1 then 2 else 3 end; delete from d; end; select 1;",
            ["create trigger t after insert on a begin update b set c = case when 1 then 2 else 3 end; delete from d; end;", "select 1;"],
        ),
        (
            "create or replace procedure p() begin if a then b; end if; while c loop d; end loop; end; select 1",
            ["create or replace procedure p() begin if a then b; end if; while c loop d; end loop; end;", "select 1"],
        ),
        ("begin; insert into a values (1); commit;", ["begin;", "insert into a values (1);", "commit;"]),
        ("select 'open", ["select 'open"]),
    ],
)
def test_statements(sql, statements):
    assert split_statements(sql) == statements


def test_the_semicolon_may_go():
    assert split_statements("select 1; select 2 ;", strip_semicolon=True) == ["select 1", "select 2"]
