"""
Runs DAG files of public repositories on a real VORTEX server with a worker, against real servers on this machine, and tells which end
in success. Nothing of these files is edited.

    python scripts/compat/wild/run.py FOLDER [--only TEXT] [--keep FOLDER]

FOLDER has a checkout of each repository of table.yaml, as owner+name. The Python that runs this file also runs the DAGs: it needs the
packages of requirements.txt. Docs: docs/compatibility.md, "Wild files that were run".
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from typing import Any, Dict, Iterator, List, Tuple

import yaml
from answers import Answers
from prepare import holds, prepare
from servers import NODE, ROOT, Servers, free_port, wait_for_port

HERE = os.path.dirname(os.path.abspath(__file__))
RUN_SECONDS = 90
READ_SECONDS = 30


class Vortex:
    """A server with its own data folder, and its command line."""

    def __init__(self, repository: Dict[str, Any], checkout: str, home: str, environment: Dict[str, str]) -> None:
        self._home = home
        self._port = free_port()
        self._environment = {**os.environ, **environment, "VORTEX_HOME": home, "VORTEX_PYTHON": sys.executable}
        self._environment["VORTEX_SERVER_URL"] = f"http://127.0.0.1:{self._port}"
        self._dags = os.path.join(checkout, repository["dags"])
        self._hosts: Dict[str, str] = repository.get("hosts", {})

    @contextmanager
    def running(self) -> Iterator["Vortex"]:
        server = [NODE, os.path.join(ROOT, "bin/vortex.js"), "server", "--dags-folder", self._dags, "--port", str(self._port)]
        with open(os.path.join(self._home, "server.log"), "wb") as log:
            process = subprocess.Popen([*self._with_hosts(), *server], env=self._environment, stdout=log, stderr=log)
            try:
                wait_for_port(self._port, process, "The server")
                yield self
            finally:
                process.terminate()
                process.wait(30)

    def _with_hosts(self) -> List[str]:
        """Names of the deployment's network, in an /etc/hosts that only this server sees (root on Linux)."""
        if not self._hosts:
            return []
        path = os.path.join(self._home, "hosts")
        with open("/etc/hosts", encoding="utf-8") as old, open(path, "w", encoding="utf-8") as new:
            new.write(old.read() + "".join(f"\n{address} {name}" for name, address in self._hosts.items()) + "\n")
        return ["unshare", "--mount", "sh", "-c", f'mount --bind {path} /etc/hosts && exec "$@"', "sh"]

    def command(self, *arguments: str, given: str = "", timeout: int = 60) -> "subprocess.CompletedProcess[str]":
        command = [NODE, os.path.join(ROOT, "bin/vortex.js"), *arguments]
        return subprocess.run(command, env=self._environment, input=given, capture_output=True, text=True, timeout=timeout)

    def must(self, *arguments: str, given: str = "") -> str:
        done = self.command(*arguments, given=given)
        if done.returncode != 0:
            raise RuntimeError(f"vortex {' '.join(arguments)}: {done.stderr or done.stdout}")
        return done.stdout

    def wait_for(self, dags: List[str]) -> Dict[str, str]:
        """DAG -> what keeps it from being there; empty once all of them are."""
        end = time.monotonic() + READ_SECONDS
        while True:
            missing = {dag: shown.stderr or shown.stdout for dag in dags if (shown := self.command("dags", "show", dag)).returncode != 0}
            if not missing or time.monotonic() > end:
                return missing
            time.sleep(1)


def run_repository(repository: Dict[str, Any], checkout: str, home: str, servers: Servers, answers: Answers, only: str) -> Iterator[Tuple[Any, str, str]]:
    runs = [run for run in repository["runs"] if only in f"{repository['repository']}/{run['file']}"]
    if not runs:
        return
    answers.table = repository.get("answers", {})
    environment = {**answers.environment, **_aws(repository, servers), **_filled(repository.get("environment", {}), servers, checkout, home)}
    try:
        prepare(repository.get("prepare", {}), servers, home)
    except FileNotFoundError as error:
        yield from ((run, "skipped", str(error)) for run in runs)
        return
    with Vortex(repository, checkout, home, environment).running() as vortex:
        connections = _filled(repository.get("connections", {}), servers, checkout, home)
        if connections:
            vortex.must("connections", "import", "-", given="".join(f"{name}={value}\n" for name, value in connections.items()))
        for name, value in _filled(repository.get("variables", {}), servers, checkout, home).items():
            vortex.must("variables", "set", name, value)
        for name, slots in repository.get("pools", {}).items():
            vortex.must("pools", "set", name, str(slots))
        for run in runs:
            yield (run, *_run(vortex, run, servers, home))


def _run(vortex: Vortex, run: Dict[str, Any], servers: Servers, home: str) -> Tuple[str, str]:
    missing = vortex.wait_for([run["dag"]])
    if missing:
        return "failed", f"not there: {missing[run['dag']]}"
    prepare(run.get("prepare", {}), servers, home)
    trigger = ["dags", "trigger", run["dag"], "--wait"]
    if "date" in run:
        trigger += ["--logical-date", str(run["date"])]
    if "conf" in run:
        trigger += ["--conf", json.dumps(run["conf"])]
    started = time.monotonic()
    try:
        done = vortex.command(*trigger, timeout=RUN_SECONDS)
    except subprocess.TimeoutExpired:
        return "failed", f"it had not ended after {RUN_SECONDS} s"
    took = f"{time.monotonic() - started:.1f} s"
    if done.returncode != 0:
        said = f"{done.stdout}{done.stderr}"
        # What VORTEX refuses on purpose, with words that say so.
        return ("refused", took) if "refused" in run and run["refused"] in said else ("failed", f"{took}\n{said}")
    wrong = [check for check in run.get("holds", []) if not holds(check, servers, home)]
    return ("failed", f"{took}; succeeded, and yet this does not hold: {wrong}") if wrong else ("success", took)


def _aws(repository: Dict[str, Any], servers: Servers) -> Dict[str, str]:
    if not repository.get("aws"):
        return {}
    region = "us-east-1"
    keys = {"AWS_ACCESS_KEY_ID": "wild", "AWS_SECRET_ACCESS_KEY": "wild", "AWS_DEFAULT_REGION": region, "AWS_REGION": region}
    return {**keys, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{servers.aws}"}


def _filled(values: Dict[str, Any], servers: Servers, checkout: str, home: str) -> Dict[str, str]:
    found = {}
    for name, value in values.items():
        text = servers.values(value if isinstance(value, str) else json.dumps(value))
        found[name] = text.replace("{checkout}", checkout).replace("{home}", home)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="checkouts, as owner+name")
    parser.add_argument("--only", default="", metavar="TEXT", help="only files whose repository and path contain it")
    parser.add_argument("--keep", metavar="FOLDER", help="keep logs and databases of the servers here")
    options = parser.parse_args()
    with open(os.path.join(HERE, "table.yaml"), encoding="utf-8") as file:
        table = yaml.safe_load(file)
    counts: Dict[str, int] = {}
    with ExitStack() as stack:
        base = options.keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="vortex-wild-"))
        os.makedirs(base, exist_ok=True)
        servers, answers = Servers(base, stack), Answers(base)
        for repository in table:
            name = repository["repository"].replace("/", "+")
            # One repository may have several DAG folders.
            home = os.path.join(base, f"{name}-{table.index(repository)}")
            shutil.rmtree(home, ignore_errors=True)
            os.makedirs(home)
            for run, state, why in run_repository(repository, os.path.join(options.folder, name), home, servers, answers, options.only):
                counts[state] = counts.get(state, 0) + 1
                print(f"{state:8} {repository['repository']}/{run['file']} ({run['dag']}): {why}", flush=True)
            for url in answers.unknown:
                print(f"         no answer for {url}")
            answers.unknown.clear()
    print(", ".join(f"{count} {state}" for state, count in sorted(counts.items())))
    return 1 if counts.get("failed") else 0


if __name__ == "__main__":
    sys.exit(main())
