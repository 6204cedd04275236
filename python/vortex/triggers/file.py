"""Triggers of files (Airflow's airflow.providers.standard.triggers.file). The file is looked for on the worker where the trigger runs."""
from __future__ import annotations

import datetime as dt
import os
from typing import Any, AsyncIterator, Dict, Optional, Tuple

from vortex.triggers.base import BaseEventTrigger, BaseTrigger, TriggerEvent


class FileTrigger(BaseTrigger):
    """
    Has its event, True, once something matches `filepath`: a file, or a folder with a file somewhere below it.

    `filepath` may be a glob; with `recursive`, `**` in it means any depth. It is looked for every `poke_interval` seconds.
    """

    def __init__(self, filepath: str, recursive: bool = False, poke_interval: float = 5.0, **kwargs: Any) -> None:
        super().__init__()
        self.filepath = filepath
        self.recursive = recursive
        self.poke_interval = poke_interval

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        arguments = {"filepath": self.filepath, "recursive": self.recursive, "poke_interval": self.poke_interval}
        return "vortex.triggers.file.FileTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        import asyncio

        while True:
            # In a thread: a network folder may take its time.
            found = await asyncio.to_thread(find, self.filepath, self.recursive)
            if found is not None:
                break
            await asyncio.sleep(self.poke_interval)
        self.log.info("Found File %s last modified: %s", found, _modified(found))
        yield TriggerEvent(True)


class FileDeleteTrigger(BaseEventTrigger):
    """Has its event, True, once the file is there, and deletes it. Of two that run at once one finds it."""

    def __init__(self, filepath: str, poke_interval: float = 5.0, **kwargs: Any) -> None:
        super().__init__()
        self.filepath = filepath
        self.poke_interval = poke_interval

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        return "vortex.triggers.file.FileDeleteTrigger", {"filepath": self.filepath, "poke_interval": self.poke_interval}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        import asyncio

        while not await asyncio.to_thread(_take, self.filepath):
            await asyncio.sleep(self.poke_interval)
        self.log.info("File %s has been deleted", self.filepath)
        yield TriggerEvent(True)


def find(filepath: str, recursive: bool) -> Optional[str]:
    """The first match that is a file or holds one."""
    from glob import iglob

    for path in iglob(filepath, recursive=recursive):
        if os.path.isfile(path) or any(files for _, _, files in os.walk(path)):
            return path
    return None


def _modified(path: str) -> str:
    try:
        return dt.datetime.fromtimestamp(os.path.getmtime(path)).strftime("%Y%m%d%H%M%S")
    except OSError:
        return "unknown"


def _take(path: str) -> bool:
    try:
        os.unlink(path)
    except (FileNotFoundError, IsADirectoryError):
        return False
    return True
