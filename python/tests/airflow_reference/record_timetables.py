"""
Records what Apache Airflow's scheduler would plan for the timetables in timetables/own_timetables.py, as data for
tests/authoring/test_own_timetables.py:

    python -m venv af2 && af2/bin/pip install apache-airflow==2.10.5 time-machine
    af2/bin/python record_timetables.py own_timetables.json
"""
import json
import os
import sys
import tempfile

os.environ.setdefault("AIRFLOW_HOME", os.path.join(tempfile.gettempdir(), "airflow-recording"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "timetables"))

import pendulum  # noqa: E402
import time_machine  # noqa: E402
from airflow.timetables.base import DataInterval, TimeRestriction  # noqa: E402
from own_timetables import MANUAL, NOW, QUESTIONS, RUNS, TIMETABLES  # noqa: E402


def seconds(moment):
    return int(moment.timestamp())


def instance(moment):
    return None if moment is None else pendulum.instance(moment)


def planned(timetable, earliest, latest, catchup, last):
    restriction = TimeRestriction(instance(earliest), instance(latest), catchup)
    interval = None if last is None else DataInterval(*map(instance, last))
    rows = []
    while len(rows) < RUNS:
        info = timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)
        if info is None:
            break
        interval = info.data_interval
        rows.append([seconds(interval.start), seconds(interval.end), seconds(info.run_after)])
    return rows


def main():
    with time_machine.travel(NOW, tick=False):
        found = {
            name: {
                "plans": {words: planned(timetable, *question) for words, question in QUESTIONS.items()},
                "manual": [[seconds(part) for part in timetable.infer_manual_data_interval(run_after=instance(at))] for at in MANUAL],
            }
            for name, timetable in TIMETABLES.items()
        }
    with open(sys.argv[1], "w", encoding="utf-8") as stream:
        json.dump(found, stream, separators=(",", ":"))
        stream.write("\n")


if __name__ == "__main__":
    main()
