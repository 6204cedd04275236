"""
Time of a run without a server: as it is, with waits that are passed over, or frozen.

Passing over (`sleep=False`): `time.sleep`, `asyncio.sleep`, pokes and retry delays end at once, and the clock says that they took
their time, so that timeouts come as they would. What the clock says is `time.time()` and `time.monotonic()`; with the package
time-machine installed (MIT) also `datetime.now()`, pendulum and everything else, since it reaches below Python.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import Any, List

from vortex.exceptions import AirflowException

_sleep, _monotonic, _time = time.sleep, time.monotonic, time.time
# Travellers of time-machine that are on their way, innermost last.
_travellers: List[Any] = []


class Clock:
    """Time as it is."""

    def now(self) -> float:
        return time.time()

    def wait(self, seconds: float) -> None:
        if seconds > 0 and _travellers:
            # Frozen: sleeping would bring nothing nearer.
            _travellers[-1].shift(seconds)
        elif seconds > 0:
            time.sleep(seconds)

    def __enter__(self) -> "Clock":
        return self

    def __exit__(self, *_: Any) -> None:
        """Nothing was changed."""


class SkippingClock(Clock):
    """Waits take no time, in the thread that entered it; other threads sleep as ever."""

    def __init__(self) -> None:
        self._skipped = 0.0
        self._thread = 0
        self._traveller: Any = None
        self._before: "tuple[Any, ...]" = ()

    def wait(self, seconds: float) -> None:
        if seconds <= 0:
            return
        if _travellers:
            _travellers[-1].shift(seconds)
        else:
            self._skipped += seconds
        self._passed += seconds

    _passed = 0.0

    def __enter__(self) -> "SkippingClock":
        import asyncio

        from vortex.sensors import base as sensors

        self._thread = threading.get_ident()
        self._before = (time.sleep, time.monotonic, time.time, asyncio.sleep, sensors._utcnow)
        if not _travellers:
            self._traveller = _travel_from_now()
        time.sleep = self._sleep  # type: ignore[assignment]
        time.monotonic = lambda: _monotonic() + self._passed
        if not _travellers:
            time.time = lambda: _time() + self._skipped
            # Sensors between whose pokes nothing sleeps ask the calendar.
            sensors._utcnow = lambda: dt.datetime.fromtimestamp(time.time(), dt.timezone.utc)
        asyncio.sleep = self._async_sleep  # type: ignore[assignment]
        return self

    def __exit__(self, *_: Any) -> None:
        import asyncio

        from vortex.sensors import base as sensors

        time.sleep, time.monotonic, time.time, asyncio.sleep, sensors._utcnow = self._before
        if self._traveller is not None:
            self._traveller.__exit__(None, None, None)
            self._traveller = None

    def _sleep(self, seconds: float) -> None:
        if threading.get_ident() == self._thread:
            self.wait(seconds)
        else:
            _sleep(seconds)

    async def _async_sleep(self, delay: float, result: Any = None) -> Any:
        if threading.get_ident() == self._thread:
            self.wait(delay)
            delay = 0
        await self._before[3](delay)
        return result


class FrozenTime:
    """
    `with FrozenTime("2026-01-01T06:00Z") as clock:` every clock of Python says this time until `clock.move_to(...)` or
    `clock.shift(timedelta or seconds)`; sleeping moves it on too. Needs the package time-machine, and says so.
    """

    def __init__(self, moment: Any, tick: bool = False) -> None:
        self._moment = _instant(moment)
        self._tick = tick
        self._travel: Any = None
        self._traveller: Any = None

    def __enter__(self) -> "FrozenTime":
        machine = _time_machine()
        if machine is None:
            raise AirflowException(
                "Freezing time needs the package time-machine in the environment of the tests: pip install time-machine. "
                "Waits can be passed over without it: sleep=False."
            )
        self._travel = machine.travel(self._moment, tick=self._tick)
        self._traveller = _Traveller(self._travel)
        self._traveller.__enter__()
        return self

    def __exit__(self, *_: Any) -> None:
        self._traveller.__exit__(None, None, None)

    def move_to(self, moment: Any) -> None:
        """To this time: a datetime, or ISO 8601 text; without a zone in UTC."""
        self._traveller.move_to(_instant(moment))

    def shift(self, delta: Any) -> None:
        """On by a timedelta or by seconds."""
        self._traveller.shift(delta)


class _Traveller:
    """One journey of time-machine, as the innermost one."""

    def __init__(self, travel: Any) -> None:
        self._travel = travel
        self._coordinates: Any = None

    def __enter__(self) -> "_Traveller":
        self._coordinates = self._travel.start()
        _travellers.append(self)
        return self

    def __exit__(self, *_: Any) -> None:
        _travellers.remove(self)
        self._travel.stop()

    def shift(self, delta: Any) -> None:
        self._coordinates.shift(delta)

    def move_to(self, moment: Any) -> None:
        self._coordinates.move_to(moment)


def _time_machine() -> Any:
    try:
        import time_machine
    except ImportError:
        return None
    return time_machine


def _travel_from_now() -> Any:
    machine = _time_machine()
    if machine is None:
        return None
    return _Traveller(machine.travel(dt.datetime.now(dt.timezone.utc), tick=True)).__enter__()


def _instant(moment: Any) -> dt.datetime:
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment.replace("Z", "+00:00"))
    if not isinstance(moment, dt.datetime):
        raise TypeError(f"A time is a datetime or ISO 8601 text, not {type(moment).__name__}.")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.timezone.utc)
