"""`python -m vortex.loading.parse_once`: parses one DAG file for `fresh_processes.py`. Frames on stdin and stdout; the author's output goes to stderr."""
from __future__ import annotations

import os
import sys
from typing import Any, Dict, List, Optional

from vortex.host.frames import Decoder, encode_json
from vortex.loading.limits import MAX_RESULT_BYTES, Limits, address_space_bytes, apply_limits, raise_memory_limit

_exit = os._exit
_write = os.write
_read = os.read


class _Pipes:
    def __init__(self) -> None:
        self._source, self._sink = os.dup(0), os.dup(1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(2, 1)
        self._decoder = Decoder()
        self._arrived: List[Dict[str, Any]] = []
        self._next = 0

    def receive(self) -> Dict[str, Any]:
        while not self._arrived:
            data = _read(self._source, 65536)
            if not data:
                _exit(70)
            self._arrived.extend(frame for _, frame in self._decoder.feed(data))
        return self._arrived.pop(0)

    def send(self, document: Dict[str, Any]) -> None:
        data = encode_json(document)
        if len(data) > MAX_RESULT_BYTES:
            data = encode_json({"type": "failed", "kind": "output", "message": f"What the file defines takes {len(data):,} bytes; a file may have {MAX_RESULT_BYTES:,}."})
        view = memoryview(data)
        while view:
            view = view[_write(self._sink, view) :]

    def ask(self, method: str, params: Dict[str, Any]) -> Any:
        self._next += 1
        self.send({"type": "request", "request_id": self._next, "method": method, "params": params})
        answer = self.receive()
        if answer.get("error"):
            raise RuntimeError(f"{method} of {', '.join(map(repr, params.values()))} failed: {answer['error']}")
        return answer.get("result")


def main() -> None:
    sys.dont_write_bytecode = True
    sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]
    pipes = _Pipes()
    request = pipes.receive()
    from vortex.loading.parse_child import open_streams
    from vortex.loading.parse_file import parse_file

    open_streams()
    limits = Limits.of(request.get("limits"))
    if hasattr(os, "getuid"):
        # RLIMIT_NPROC counts all of a user's processes, which nobody has counted here: it stays as it is.
        apply_limits(limits, address_space_bytes(), None)
    compat, source = request.get("compat", "auto"), request.get("source")
    result = parse_file(request["root"], request["file"], compat=compat, ask=pipes.ask, source=source)
    raise_memory_limit()
    pipes.send({"type": "result", "result": result})
    _exit(0)


if __name__ == "__main__":
    main()
