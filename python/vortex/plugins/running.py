"""A plugin at work for one attempt: its process, and what it may ask of the task."""

from __future__ import annotations

import logging
import os
import sys
import time
from typing import Any, Callable, Dict, Optional

from vortex.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException, AirflowSkipException
from vortex.json_values import exact_json
from vortex.plugins.config import Config
from vortex.plugins.host_process import HostEnded, HostProcess, HostSilent
from vortex.plugins.node import environment, host_command
from vortex.task_log import say

# A plugin that was told to end has this long for it. The host of the task waits 10 s in all.
GRACE_SECONDS = 5.0


class PluginFailed(AirflowException):
    """What a plugin's code threw, or how its process ended."""


class RunningPlugin:
    """A context manager: after it no process of the plugin is alive."""

    def __init__(self, config: Config, log: logging.Logger) -> None:
        self._config = config
        self._log = log
        self._host: Optional[HostProcess] = None
        self._context: Any = None
        self._is_asked = False

    @property
    def is_started(self) -> bool:
        return self._host is not None

    def __enter__(self) -> "RunningPlugin":
        return self

    def __exit__(self, *_: Any) -> None:
        if self._host is None:
            return
        try:
            if self._is_asked:
                self._wind_up()
        finally:
            self._host.close()
            _restore_output()

    def start(self, config: Dict[str, Any], context: Any) -> Any:
        """Runs it once. Raises PluginFailed, AirflowSkipException or AirflowFailException."""
        self._context = context
        place = self._config.place
        root, entry = self._config.kept.where() if self._config.kept is not None else (place.root, place.entry)
        start = {"t": "run", "root": root, "entry": entry, "shipped": place.shipped, "kind": self._config.kind, "name": self._config.name}
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        self._host = HostProcess(host_command(), environment())
        return self._ask({**start, "config": config, "context": _fields(context)})

    def again(self) -> Any:
        """A sensor's next poke."""
        return self._ask({"t": "poke"})

    def terminate(self) -> None:
        if self._host is not None:
            self._host.terminate()

    def _ask(self, message: Dict[str, Any]) -> Any:
        assert self._host is not None
        self._is_asked = True
        try:
            self._host.send(message)
            answer = self._serve(None)
            self._is_asked = False
        except (HostEnded, HostSilent) as error:
            self._is_asked = False
            raise PluginFailed(f"{self._config.name} of the plugin {self._config.plugin}: {error}") from None
        if answer["t"] == "done":
            return answer.get("value")
        raise self._failure(answer)

    def _serve(self, deadline: Optional[float]) -> Dict[str, Any]:
        """Answers its questions until it is done."""
        assert self._host is not None
        while True:
            message = self._host.receive(deadline)
            if message["t"] != "request":
                return message
            answer: Dict[str, Any] = {"t": "answer", "id": message["id"]}
            try:
                answer["result"] = exact_json(_METHODS[message["method"]](self._context, message["params"]))
            except Exception as error:  # noqa: BLE001 - the plugin decides what it means
                text = str(error)
                answer["error"] = text if isinstance(error, AirflowNotFoundException) else f"{type(error).__name__}: {text}"
            self._host.send(answer)

    def _failure(self, answer: Dict[str, Any]) -> Exception:
        if answer["kind"] == "skip":
            return AirflowSkipException(answer["message"])
        say(f"{answer['report']}\n")
        return (AirflowFailException if answer["kind"] == "final" else PluginFailed)(answer["message"])

    def _wind_up(self) -> None:
        """The task is to end: the plugin is told, may clean up, and is killed when it takes too long."""
        assert self._host is not None
        self._host.terminate()
        try:
            self._serve(time.monotonic() + GRACE_SECONDS)
        except (HostEnded, HostSilent):
            pass
        self._host.kill()


def _restore_output() -> None:
    """Node may have set the pipe that it wrote to, which is ours as well, so that writing fails while it is full."""
    for fd in (1, 2):
        try:
            os.set_blocking(fd, True)
        except OSError:
            continue


def _fields(context: Any) -> Dict[str, Any]:
    ti = context.get("ti")
    error = context.get("exception") or context.get("reason") or ""
    return {
        "dag_id": getattr(ti, "dag_id", None),
        "run_id": context.get("run_id"),
        "task_id": getattr(ti, "task_id", None),
        "map_index": getattr(ti, "map_index", -1),
        "attempt": getattr(ti, "try_number", 1),
        "logical_date": _instant(context.get("logical_date")),
        "data_interval_start": _instant(context.get("data_interval_start")),
        "data_interval_end": _instant(context.get("data_interval_end")),
        "params": exact_json(dict(context.get("params") or {})),
        "state": getattr(ti, "state", None) or "",
        "reason": str(error),
    }


def _instant(value: Any) -> Optional[str]:
    return None if value is None else value.isoformat()


def _connection(_context: Any, params: Dict[str, Any]) -> Dict[str, Any]:
    from vortex.execution.connections import get_connection

    found = get_connection(params["conn_id"])
    names = ("conn_id", "conn_type", "host", "port", "login", "password", "schema")
    return {**{name: getattr(found, name) for name in names}, "extra": found.extra_dejson}


def _variable(_context: Any, params: Dict[str, Any]) -> Any:
    from vortex.execution.variables import Variable

    return Variable.get(params["key"], default_var=None)


def _xcom_pull(context: Any, params: Dict[str, Any]) -> Any:
    return context["ti"].xcom_pull(**params)


def _xcom_push(context: Any, params: Dict[str, Any]) -> None:
    context["ti"].xcom_push(params["key"], params["value"])


def _mask(_context: Any, params: Dict[str, Any]) -> None:
    from vortex.execution.masking import mask_secret

    mask_secret(params["value"])


_METHODS: Dict[str, Callable[[Any, Dict[str, Any]], Any]] = {
    "connection": _connection,
    "variable": _variable,
    "xcom_pull": _xcom_pull,
    "xcom_push": _xcom_push,
    "mask": _mask,
}
