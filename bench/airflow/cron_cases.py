"""The cron expressions and time zones of the comparison with Airflow."""
from __future__ import annotations

import datetime as dt
import random

# Zone, first year: five years each, chosen so that each zone shows what is special about it.
ZONES = [
    ("UTC", 2023),
    ("America/New_York", 2023),
    ("Europe/London", 2023),
    ("Europe/Dublin", 2023),  # its winter time is the "daylight saving" one
    ("Australia/Lord_Howe", 2023),  # half an hour
    ("Antarctica/Troll", 2023),  # two hours
    ("America/Santiago", 2023),  # changes at midnight, southern hemisphere
    ("America/Sao_Paulo", 2015),  # midnight; gave daylight saving up in 2019
    ("Asia/Tehran", 2019),  # midnight, half-hour offset; gave it up in 2022
    ("Africa/Casablanca", 2021),  # changes around Ramadan; tables for the years after 2025 were revised
    ("Asia/Kolkata", 2023),  # half-hour offset, no change
    ("Pacific/Apia", 2010),  # left out 30 December 2011
]
YEARS = 5


def year_start(year: int) -> int:
    return int(dt.datetime(year, 1, 1, tzinfo=dt.timezone.utc).timestamp())


WRITTEN = """
* * * * *|*/2 * * * *|*/5 * * * *|*/7 * * * *|*/10 * * * *|*/15 * * * *|*/20 * * * *|*/30 * * * *|0,30 * * * *|15,45 * * * *
5/15 * * * *|10-50/20 * * * *|50-10/5 * * * *|59/15 * * * *|*/59 * * * *|7-7 * * * *|*/15 0-23 * * *|*/10 8-18 * * 1-5
0 * * * *|30 * * * *|59 * * * *|@hourly|0 0-23 * * *|0 */1 * * *|0 * * * 1|0 * * * 1-5|0 * 1 * *|30 * * */3 *|15 *,5 * * *
0 */2 * * *|30 1-23/2 * * *|0 */3 * * *|0 */4 * * *|0 */6 * * *|15 */6 * * *|0 */8 * * *|0 */12 * * *|0 1/5 * * *|0 22-3 * * *
0 22-4/2 * * *|*/30 0-3 * * *|*/20 1-2 * * *|0,30 2 * * *|0,30 2-3 * * *|30 0,1,2,3 * * *|45 23,0,1 * * *|0 9-17 * * mon-fri
@daily|@midnight|0 0 * * *|30 0 * * *|59 23 * * *|0 1 * * *|30 1 * * *|59 1 * * *|0 2 * * *|5 2 * * *|15 2 * * *|30 2 * * *
59 2 * * *|0 3 * * *|30 3 * * *|0 4 * * *|0 5 * * *|0 6 * * *|15 7 * * *|0 8 * * *|45 9 * * *|0 12 * * *|17 13 * * *|30 17 * * *
0 18 * * *|0 20 * * *|0 22 * * *|30 23 * * *|0 0,12 * * *|0 6,18 * * *|30 2,14 * * *|0 0 * * *  |0  7  *  *  *|00 05 * * *
@weekly|0 0 * * 0|0 0 * * 7|0 0 * * sun|30 2 * * sun|30 1 * * 0|0 3 * * SUN|0 0 * * 1|0 2 * * mon|0 9 * * mon-fri|0 9 * * 1-5
30 2 * * 1-5|0 6 * * 6,0|0 6 * * sat,sun|0 0 * * 5-7|0 0 * * fri-mon|0 0 * * fri-tue/2|0 0 * * 1-7|0 0 * * 0-7|0 0 * * 1-7/2
0 0 * * */2|0 0 * * 2/2|0 0 * * 6/2|0 12 * * wed|0 12 * * 2,4|15 10 ? * *|15 10 ? * 6|0 0 * * sun-sun|30 2 * * sat-sun
@monthly|0 0 1 * *|0 2 1 * *|30 2 1 * *|0 0 15 * *|0 0 1,15 * *|0 0 */2 * *|0 0 */5 * *|0 0 */10 * *|0 0 2-10/3 * *|0 0 25-5 * *
0 0 25-5/3 * *|0 0 28 * *|0 0 29 * *|0 0 30 * *|0 0 31 * *|0 0 29,30,31 * *|0 0 L * *|30 2 L * *|0 0 15,L * *|0 0 1-L * *
0 0 28-L * *|0 0 1W * *|0 0 15W * *|0 0 W15 * *|0 0 31W * *|0 2 30w * *|0 0 1-31 * *|0 0 1-7 * *|0 0 8-14/2 * *|0 0 31/2 * *
0 0 1 * 1|0 0 13 * 5|0 0 13 * fri|0 0 1,15 * mon|0 0 */2 * 1|0 0 */2 * */2|0 0 1-31 * 1|0 0 */1 * 1|0 0 1 * 0-6|0 0 ? * 1
0 0 L * 5|30 2 8-14 * 0|0 0 31 * 0|0 0 10-20 * 1-5|0 0 *,5 * 1|0 0 1 * *,2|0 0 15W * 1|0 0 1 1-12 *|0 0 L * L1
0 0 * * 1#1|0 0 * * mon#1|0 0 * * 5#2|0 9 * * fri#3|0 0 * * 0#5|30 2 * * sun#2|30 1 * * sun#1|0 3 * * L0|0 0 * * L5|0 0 * * l1
0 0 * * 1#1,1#3|0 0 * * mon#1,wed#2|0 0 * * mon-wed#1|0 0 * * tue#2,L4|0 0 1-7 * 1#1|30 2 * 3 sun#2|30 1 * 11 sun#1|30 1 * 10 L0
@quarterly|0 0 1 */3 *|0 0 1 1,4,7,10 *|0 0 1 jan,jul *|0 0 1 JAN-MAR *|0 0 1 nov-feb *|0 0 1 apr-jan/3 *|0 0 1 2/3 *|0 0 1 12/5 *
0 0 29 2 *|0 0 L 2 *|0 0 28-L feb *|30 2 * 3 *|30 1 * 11 0|0 0 */2 3,10 *|30 2 29 3 *|30 2 8-14 3 0|30 1 25-31 10 0|0 0 31 */2 *
@yearly|@annually|0 0 1 1 *|0 12 25 12 *|30 2 10 3 *|30 1 3 11 *|0 0 30 12 *|0 0 1 */6 *|0 0 1 6-6 *|0 23 31 12 *
* * * * * */15|* * * * * 0|0 0 * * * 30|30 2 * * * 15|*/10 * * * * 5,35|0 2 * * 0 0-59/20|0 0 1 * * 59|15 3 * * 1-5 10
30 2 * * * 0 2024-2026|0 0 1 1 * 0 *|0 0 1 * * 0 2011,2016,2024,2025|0 12 * * * 0 2010/2
"""


def random_expressions(count: int, seed: int = 20_260) -> list[str]:
    """Expressions from the grammar, so that the comparison holds what nobody thought of."""
    rng = random.Random(seed)

    def field(low: int, high: int, star: float) -> str:
        if rng.random() < star:
            return "*"
        kind = rng.randrange(6)
        a, b = sorted((rng.randint(low, high), rng.randint(low, high)))
        if kind == 0:
            return f"*/{rng.randint(1, max(2, (high - low) // 2))}"
        if kind == 1:
            return f"{a}-{b}"
        if kind == 2:
            return f"{a}-{b}/{rng.randint(1, 5)}"
        if kind == 3:
            return ",".join(str(rng.randint(low, high)) for _ in range(rng.randint(2, 4)))
        if kind == 4 and a != b:
            return f"{b}-{a}/{rng.randint(1, 4)}"
        return str(a)

    found: list[str] = []
    while len(found) < count:
        minute = str(rng.randint(0, 59)) if rng.random() < 0.8 else field(0, 59, 0.1)
        hour = field(0, 23, 0.15)
        found.append(f"{minute} {hour} {field(1, 31, 0.5)} {field(1, 12, 0.6)} {field(0, 7, 0.5)}")
    return found


def expressions() -> list[str]:
    written = [text for line in WRITTEN.strip().splitlines() for text in line.split("|")]
    return list(dict.fromkeys(written + random_expressions(30)))
