"""The templates that the code editor offers are DAG files that load, without a remark."""
import glob
import os

import pytest

FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "..", "renderer", "features", "editor", "templates")
TEMPLATES = sorted(glob.glob(os.path.join(FOLDER, "*.py")) + glob.glob(os.path.join(FOLDER, "*.yaml")))


def test_there_are_templates():
    assert len(TEMPLATES) >= 5


@pytest.mark.parametrize("path", TEMPLATES, ids=os.path.basename)
def test_a_template_loads(host, dags, path):
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    # The editor shows these two lines as title and description, and leaves them out.
    title, lead, rest = text.split("\n", 2)
    assert title.startswith("# ") and lead.startswith("# ") and text.count("DAG_ID") == 1
    file = f"made{os.path.splitext(path)[1]}"
    (dags / file).write_text(rest.replace("DAG_ID", "made"), encoding="utf-8")
    result = host.parse(dags, file)["result"]
    assert result["error"] is None
    assert [(dag["dag_id"], dag["notices"]) for dag in result["dags"]] == [("made", [])]
    assert len(result["dags"][0]["tasks"]) >= 1
