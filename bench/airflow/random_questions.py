"""Random questions to a timetable: schedule, last run, start and end date, catchup, now. The same seed asks the same ones."""
from __future__ import annotations

import random

from cron_cases import YEARS, ZONES, year_start

HOUR = 3_600
DAY = 24 * HOUR


def random_spec(rng: random.Random, crons: list[str]) -> dict:
    zone, year = rng.choice(ZONES)
    kind = rng.choice(["cron_data_interval"] * 4 + ["cron_trigger"] * 4 + ["delta_data_interval", "delta_trigger"] * 2 + ["events", "once", "continuous"])
    spec: dict = {"type": kind}
    if kind == "cron_data_interval":
        spec |= {"cron": rng.choice(crons), "timezone": zone}
    elif kind == "cron_trigger":
        count = 1 if rng.random() < 0.7 else rng.randint(2, 3)
        run_immediately = rng.choice([True, False, False, 3_600_000, 0])
        interval_ms = rng.choice([0, 0, 86_400_000, 5_400_000])
        spec |= {"crons": [rng.choice(crons) for _ in range(count)], "timezone": zone, "interval_ms": interval_ms, "run_immediately": run_immediately}
    elif kind.startswith("delta"):
        months = rng.choice([0, 0, 0, 1, 2, 3, 12])
        delta_ms = rng.choice([3_600_000, 86_400_000, 5_400_000, 604_800_000, 90_000, 7_000, 86_400_000 * 3 + 61_000])
        if months and rng.random() < 0.7:
            delta_ms = 0
        spec |= {"delta_ms": delta_ms, "months": months, "timezone": zone}
        if kind == "delta_trigger":
            spec |= {"interval_ms": rng.choice([0, 0, 3_600_000])}
    elif kind == "events":
        first = year_start(year)
        dates = [first + rng.randrange(YEARS * 365 * DAY) for _ in range(rng.randint(0, 6))]
        spec |= {"dates_s": dates, "description": "", "restrict_to_events": rng.random() < 0.5}
    return spec | {"zone": zone, "year": year}


def random_question(rng: random.Random, spec: dict, changes: list[int]) -> dict:
    first = year_start(spec["year"])
    span = (YEARS - 1) * 365 * DAY
    now = first + 180 * DAY + rng.randrange(span - 180 * DAY)
    if changes and rng.random() < 0.5:
        now = rng.choice(changes) + rng.randint(-5 * HOUR, 5 * HOUR)
    if rng.random() < 0.3:
        now -= now % HOUR
    elif rng.random() < 0.3:
        now += 0.5
    earliest = None
    if rng.random() < 0.7:
        earliest = now - rng.choice([0, 1, 90, HOUR, DAY, 20 * DAY, 170 * DAY, -HOUR, -3 * DAY])
        if rng.random() < 0.5:
            earliest -= earliest % DAY
    latest = now + rng.choice([-DAY, HOUR, 40 * DAY]) if rng.random() < 0.2 else None
    last = None
    if rng.random() < 0.6:
        end = now - rng.choice([0, 60, HOUR, DAY, 3 * DAY, 40 * DAY, -HOUR])
        if rng.random() < 0.7:
            end -= end % HOUR
        last = [end - rng.choice([0, HOUR, DAY, 7 * DAY]), end]
    return {"now": now, "earliest": earliest, "latest": latest, "last": last, "catchup": rng.random() < 0.4}
