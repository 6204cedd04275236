"""
A trigger host: a forked zygote with one event loop, in which triggers run beside each other. One host runs all triggers that VORTEX
brings, without any DAG file; the classes of an author run in a host that has imported their DAG file.

Invariants
- Each trigger that was given to it ends exactly once: success with its event, failed, or killed.
- A trigger cannot end the process, and what it prints is its own (trigger_output.py). One that blocks the loop is told (blocking.py).
- When the worker is gone or says stop, each trigger is cancelled, has CLEANUP_SECONDS to clean up, and nothing of it lives on.

It keeps no lease: a trigger may run twice, and only what the controller commits of it counts.
"""
from __future__ import annotations

import asyncio
import gc
import os
import select
import signal
import sys
import threading
from functools import partial
from typing import Any, Callable, Dict, List, Optional

from vortex.airflow_compat import install as install_airflow_finder
from vortex.execution import connections, masking, variables
from vortex.execution.run_attempt import log_to_stdout
from vortex.host import linux
from vortex.host.blocking import BlockWatch
from vortex.host.channel import ChannelError
from vortex.host.child import Ask, import_failure
from vortex.host.clocks import monotonic
from vortex.host.frames import JSON
from vortex.host.process_tree import descendants, kill_exactly
from vortex.host.running_trigger import RunningTrigger
from vortex.host.shared_link import SharedLink
from vortex.host.task_host import AsksController, become_host, load_dag_file, tell_last
from vortex.host.trigger_output import RoutedStream, TriggerOutput
from vortex.triggers.asking import running

# A trigger that is cancelled has this long when its host ends; the worker waits 5 s for the host.
CLEANUP_SECONDS = 2.0
# Questions of one host that are under way at once: the controller answers a few of a worker side by side, and keeps 10,000 waiting.
ASKING_MAX = 64

LoadWith = Callable[[Ask], Any]


def run_trigger_host(message: Dict[str, Any], socket_path: str) -> None:
    """In the child of the zygote's fork. Returns when the worker ended it or is gone."""
    link = become_host(message, SharedLink, socket_path)
    # Ignored signals are inherited by the programs that a trigger starts; those with a handler are not.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    sys.stdout = RoutedStream(sys.stdout)
    sys.stderr = RoutedStream(sys.stderr)
    install_airflow_finder(shadow=True)
    load: Optional[LoadWith] = None
    if message["file"]:
        try:
            load = _import(message["root"], message["file"])
        except BaseException as error:  # noqa: BLE001 - sys.exit in a DAG file is its error, not ours
            tell_last(link, {"t": "import_failed", **import_failure(error)})
            return
    else:
        log_to_stdout()
    gc.collect()
    gc.freeze()
    linux.die_with_parent(0)
    link.send({"t": "loaded"})
    TriggerHost(link, load).run()


def _import(root: str, file: str) -> Optional[LoadWith]:
    """None = done. Otherwise the import asks the controller, which needs a trigger to ask for: what is to be called when one is here."""
    asked: List[str] = []

    def ask(method: str, _params: Dict[str, Any]) -> Any:
        asked.append(method)
        raise AsksController

    try:
        load_dag_file(root, file, ask)
    except AsksController:
        pass
    except BaseException:
        if not asked:
            raise
    return (lambda ask: load_dag_file(root, file, ask)) if asked else None


class TriggerHost:
    def __init__(self, link: SharedLink, load: Optional[LoadWith]) -> None:
        self._link = link
        self._load = load
        self._loop = asyncio.new_event_loop()
        self._triggers: Dict[int, RunningTrigger] = {}
        self._watch = BlockWatch(link)
        self._thread = threading.get_ident()
        self._last_id = 0
        self._answers: Dict[int, "asyncio.Future[Dict[str, Any]]"] = {}
        self._asking: Optional[asyncio.Semaphore] = None
        # Frames that came while a question was waited for with the loop standing still.
        self._later: List[Dict[str, Any]] = []
        self._stopping: Optional["asyncio.Future[None]"] = None

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        for process in descendants(os.getpid()).values():
            kill_exactly(process, signal.SIGKILL)

    async def _serve(self) -> None:
        loop = self._loop
        self._asking = asyncio.Semaphore(ASKING_MAX)
        self._stopping = loop.create_future()
        masking.use_channel(self)
        if self._load is None:
            variables.use_source(variables.ControllerSource(self))
            connections.use_source(connections.ControllerSource(self))
        self._watch.start(loop)
        self._link.serve(loop)
        loop.add_reader(self._link.socket.fileno(), self._read)
        await self._stopping
        for trigger in list(self._triggers.values()):
            self._end(trigger, "the worker stops")
        deadline = monotonic() + CLEANUP_SECONDS
        while (self._triggers or self._link.waiting_bytes) and not self._link.closed and monotonic() < deadline:
            await asyncio.sleep(0.01)
        if self._link.closed:
            tasks = [trigger.task for trigger in self._triggers.values() if trigger.task is not None]
            if tasks:
                await asyncio.wait(tasks, timeout=CLEANUP_SECONDS)

    # What the worker says.

    def _read(self) -> None:
        frames = [message for kind, message in self._link.receive() if kind == JSON]
        earlier, self._later = self._later, []
        for message in earlier + frames:
            self._dispatch(message)
        if self._link.closed:
            self._loop.remove_reader(self._link.socket.fileno())
            self._stop()

    def _dispatch(self, message: Dict[str, Any]) -> None:
        kind = message["t"]
        if kind == "trigger":
            self._start(message)
        elif kind == "respond":
            answer = self._answers.pop(message["id"], None)
            if answer is not None and not answer.done():
                answer.set_result(message)
        elif kind == "kill":
            trigger = self._triggers.get(message["n"])
            if trigger is not None:
                self._end(trigger, message["reason"])
                self._loop.call_later(message["grace_ms"] / 1000, self._give_up, trigger)
        elif kind == "stop":
            self._stop()

    def _stop(self) -> None:
        if self._stopping is not None and not self._stopping.done():
            self._stopping.set_result(None)

    # Triggers.

    def _start(self, message: Dict[str, Any]) -> None:
        trigger = RunningTrigger(message["n"], TriggerOutput(self._link, message["n"]), self._ask)
        trigger.output.mask(masking.found_early())
        self._triggers[trigger.number] = trigger
        # Its context is a copy of this one, and so is that of all that it starts.
        before = running.set(trigger)
        trigger.task = self._loop.create_task(trigger.live(message["body"], message["names"], self._load_late))
        running.reset(before)
        trigger.task.add_done_callback(partial(self._done, trigger))

    def _done(self, trigger: RunningTrigger, task: "asyncio.Task[Dict[str, Any]]") -> None:
        # Cancelled before its first step, or else it has told itself.
        self._told(trigger, trigger.killed_document() if task.cancelled() else task.result())

    def _told(self, trigger: RunningTrigger, document: Dict[str, Any]) -> None:
        if trigger.ended:
            return
        trigger.ended = True
        del self._triggers[trigger.number]
        reason = trigger.output.finish(document["reason"])
        run_ms = round((monotonic() - trigger.started) * 1000)
        self._link.send({"t": "ended", "n": trigger.number, **document, "reason": reason, "run_ms": run_ms})

    def _end(self, trigger: RunningTrigger, reason: str) -> None:
        if trigger.killed is None:
            trigger.killed = reason
            if trigger.task is not None:
                trigger.task.cancel()

    def _give_up(self, trigger: RunningTrigger) -> None:
        """It does not end: nobody waits for it any longer."""
        self._told(trigger, trigger.killed_document())

    def _load_late(self) -> None:
        """The import that waited for a trigger to ask for. It blocks the loop, as any import."""
        load, self._load = self._load, None
        if load is None:
            return
        try:
            load(self.request)
        except BaseException:
            self._load = load
            raise
        variables.use_source(variables.ControllerSource(self))
        connections.use_source(connections.ControllerSource(self))

    # Questions.

    async def _ask(self, trigger: RunningTrigger, method: str, params: Dict[str, Any]) -> Any:
        if self._asking is None:
            raise RuntimeError("the trigger host does not run yet")
        async with self._asking:
            number = self._send_question(trigger, method, params)
            answer = self._answers[number] = self._loop.create_future()
            try:
                message = await answer
            finally:
                self._answers.pop(number, None)
        return _result_of(trigger, message)

    def request(self, method: str, params: Dict[str, Any]) -> Any:
        """For code that cannot await, such as Variable.get(): the loop stands still until the answer is here, a few milliseconds."""
        trigger = running.get()
        if method == "mask":
            if trigger is not None:
                trigger.output.mask(params["values"])
            return None
        if trigger is None:
            raise RuntimeError(f"{method} can be asked only by a trigger")
        if threading.get_ident() != self._thread:
            # A thread of the trigger's.
            return asyncio.run_coroutine_threadsafe(self._ask(trigger, method, params), self._loop).result()
        number = self._send_question(trigger, method, params)
        link = self._link
        while True:
            link.flush()
            select.select([link.socket], [link.socket] if link.waiting_bytes else [], [])
            frames = [message for kind, message in link.receive() if kind == JSON]
            if link.closed:
                os._exit(70)
            found = [message for message in frames if message["t"] == "respond" and message["id"] == number]
            self._later += [message for message in frames if message not in found]
            if found:
                self._loop.call_soon(self._read)
                return _result_of(trigger, found[0])

    def _send_question(self, trigger: RunningTrigger, method: str, params: Dict[str, Any]) -> int:
        self._last_id += 1
        self._link.send({"t": "request", "n": trigger.number, "id": self._last_id, "method": method, "params": params})
        return self._last_id


def _result_of(trigger: RunningTrigger, message: Dict[str, Any]) -> Any:
    if message["error_code"]:
        raise ChannelError(message["error_code"], message["error_message"])
    result = message["result"]
    if isinstance(result, dict) and result.get("is_sensitive") and isinstance(result.get("value"), str):
        trigger.output.mask([result["value"]])
    elif isinstance(result, dict) and isinstance(result.get("mask"), list):
        trigger.output.mask(result["mask"])
    return result
