"""Results of queries as data frames of pandas or polars, whichever the DAGs' environment has."""

from __future__ import annotations

import warnings
from contextlib import closing
from typing import Any, Iterator

from vortex.providers.drivers import driver


class DataFrames:
    """For DbApiHook."""

    def get_df(self, sql: Any, parameters: Any = None, *, df_type: str = "pandas", **kwargs: Any) -> Any:
        """All rows as a data frame; `df_type` is "pandas" or "polars", `kwargs` go to its read_sql or read_database."""
        if df_type == "pandas":
            with closing(self.get_conn()) as conn, _quiet():  # type: ignore[attr-defined]
                return self._pandas().read_sql(sql, con=conn, params=parameters, **kwargs)
        if df_type != "polars":
            raise ValueError(f'df_type is "pandas" or "polars", not {df_type!r}.')
        options = {"parameters": parameters} if parameters else {}
        with closing(self.get_conn()) as conn:  # type: ignore[attr-defined]
            polars = driver("polars", f"{type(self).__name__}.get_df(df_type='polars')")
            return polars.read_database(sql, connection=conn, execute_options=options, **kwargs)

    def get_df_by_chunks(self, sql: Any, parameters: Any = None, *, chunksize: int, df_type: str = "pandas", **kwargs: Any) -> Iterator[Any]:
        """As `get_df`, `chunksize` rows at a time. The database connection stays open until the last one was taken."""
        if df_type == "polars":
            yield from self.get_df(sql, parameters, df_type=df_type, **kwargs).iter_slices(chunksize)
            return
        with closing(self.get_conn()) as conn, _quiet():  # type: ignore[attr-defined]
            yield from self._pandas().read_sql(sql, con=conn, params=parameters, chunksize=chunksize, **kwargs)

    def get_pandas_df(self, sql: Any, parameters: Any = None, **kwargs: Any) -> Any:
        """The older name of `get_df`."""
        return self.get_df(sql, parameters, **kwargs)

    def get_pandas_df_by_chunks(self, sql: Any, parameters: Any = None, *, chunksize: int, **kwargs: Any) -> Iterator[Any]:
        """The older name of `get_df_by_chunks`."""
        return self.get_df_by_chunks(sql, parameters, chunksize=chunksize, **kwargs)

    def _pandas(self) -> Any:
        return driver("pandas", f"{type(self).__name__}.get_df()")


class _quiet(warnings.catch_warnings):  # noqa: N801 - used as a statement
    """pandas warns of every connection that is not SQLAlchemy's, and works with it."""

    def __enter__(self) -> Any:
        entered = super().__enter__()
        warnings.filterwarnings("ignore", message="pandas only supports SQLAlchemy")
        return entered
