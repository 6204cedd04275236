"""What counts as a DAG file is decided twice, by the server and here: both by the same examples."""
import json
import os

import pytest

from vortex.loading.data_files import list_data_files
from vortex.loading.says_dags import says_dags

EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "..", "server", "dagfiles", "saysDagsExamples.json")
with open(EXAMPLES, encoding="utf-8") as stream:
    CASES = json.load(stream)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['name']}: {case['text'][:40]!r}")
def test_an_example(case):
    assert says_dags(case["name"], case["text"]) is case["says_dags"]


def test_dag_files_are_no_data_of_the_files_beside_them(tmp_path):
    (tmp_path / "a.yaml").write_text("dags:\n  a:\n    tasks: {}\n")
    (tmp_path / "settings.yaml").write_text("dags: [a]\n")
    assert [os.path.basename(path) for path in list_data_files(str(tmp_path))] == ["settings.yaml"]
