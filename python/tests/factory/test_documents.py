"""YAML and JSON as data: what scalars are, what is refused, and where."""
import pytest

from vortex.factory.document import DagFileProblems, Problems
from vortex.factory.load import read_document


def read(text, file="a.yaml"):
    problems = Problems()
    node = read_document(file, text, problems)
    problems.raise_if_any(file)
    return node


@pytest.mark.parametrize(
    "text, value",
    [
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("Off", "Off"), ("y", "y"),
        ("true", True), ("False", False), ("~", None), ("", None), ("null", None),
        ("12:30", "12:30"), ("1_000", "1_000"), ("2026-01-31", "2026-01-31"), ("2026-01-31T03:00:00Z", "2026-01-31T03:00:00Z"),
        ("0o17", 15), ("017", 17), ("0x1F", 31), ("-3", -3), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), (".inf", float("inf")),
        ("'5'", "5"), ('"true"', "true"), ("!!str 5", "5"), ("! 5", "5"), ("!!int 5", 5), ("!!float 5", 5.0), ("=", "="),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text, value):
    assert read(f"key: {text}\n").plain() == {"key": value}


def test_keys_are_text_as_written():
    assert read("on: 1\n2026: 2\nnull: 3\n").plain() == {"on": 1, "2026": 2, "null": 3}


def test_anchors_and_merges():
    text = "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz:\n  <<: [*x, {c: 4}]\nw: *x\n"
    assert read(text).plain() == {"x": {"a": 1, "b": 2}, "y": {"b": 3, "a": 1}, "z": {"a": 1, "b": 2, "c": 4}, "w": {"a": 1, "b": 2}}


def test_places_count_from_one():
    node = read("a:\n  - x\n  - b: 'é'\n    c: 1\n")
    inner = node.value["a"].value[1]
    assert (inner.value["c"].line, inner.value["c"].column) == (4, 8)
    assert (inner.key("c").line, inner.key("c").column) == (4, 5)


@pytest.mark.parametrize(
    "text, line, column, words",
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "`a` is here twice; the first is in line 1"),
        ("a: !!python/object/apply:os.system [echo]\n", 1, 4, "nothing in it is run"),
        ("a: !Ref x\n", 1, 4, "The tag !Ref is not allowed"),
        ("a: !!int x\n", 1, 4, "`x` is not what its tag !!int says"),
        ("a: !!timestamp 2026-01-01\n", 1, 4, "The tag !!timestamp is not allowed"),
        ("a: 1\n---\nb: 2\n", 2, 1, "A second document begins here"),
        ("a:\n\tb: 1\n", 2, 1, "Indent with spaces"),
        ("a: b: c\n", 1, 5, "put it in quotes"),
        ("a: [1, 2\nb: 3\n", 2, 2, "This is no YAML"),
        ("a: &x [*x]\n", 1, 8, "stands within what it names"),
        ("a: *b\n", 1, 4, "b"),
        ("? [1]\n: 2\n", 1, 3, "A key must be text"),
        ("a: {<<: 5}\n", 1, 5, "`<<` merges mappings"),
        ("a: \x07\n", 1, 4, "U+0007"),
        ("a: {{ ds }}\n", 1, 5, "A key must be text"),
    ],
)
def test_what_is_refused_has_its_place(text, line, column, words):
    with pytest.raises(DagFileProblems) as caught:
        read(text)
    first = caught.value.problems[0]
    assert words in first.message
    assert first.line == line
    # libyaml and PyYAML's own parser differ by a column where a text breaks off.
    assert abs(first.column - column) <= 1


def test_alias_bombs_end():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(DagFileProblems, match="more than 100,000 values"):
        read("\n".join(lines))


def test_merge_bombs_end():
    wide = ", ".join(f"k{n}: {n}" for n in range(400))
    with pytest.raises(DagFileProblems, match="more than 100,000 values"):
        read(f"x: &x {{{wide}}}\n" + "\n".join(f"m{n}: {{<<: *x}}" for n in range(400)))


@pytest.mark.parametrize("file", ["a.yaml", "a.json"])
def test_depth_and_size_are_bounded(file):
    with pytest.raises(DagFileProblems, match="nested deeper than 60"):
        read("[" * 200 + "]" * 200, file)
    with pytest.raises(DagFileProblems, match="may have 1,048,576"):
        read('"' + "x" * 1024 * 1024 + '"', file)
    with pytest.raises(DagFileProblems, match="more than 100,000 values"):
        read("[" + "1," * 100_001 + "1]", file)


def test_json_keeps_places_and_values():
    node = read('{"a": [1, 2.5, true, null, "\\ud83d\\ude00"],\n "b": {"c": -1e2}}', "a.json")
    assert node.plain() == {"a": [1, 2.5, True, None, "😀"], "b": {"c": -100.0}}
    assert (node.value["b"].key("c").line, node.value["b"].key("c").column) == (2, 8)


@pytest.mark.parametrize(
    "text, place, words",
    [
        ('{"a": 1,\n "a": 2}', (2, 2), "twice"),
        ('{"a": 1,}', (1, 9), "a key in double quotes"),
        ('{"a" 1}', (1, 6), "`:` is expected"),
        ("{'a': 1}", (1, 2), "a key in double quotes"),
        ('{"a": x}', (1, 7), "a value is expected, not 'x'"),
        ('{"a": [1 2]}', (1, 10), "`,` or `]` is expected"),
        ('{"a": "x', (1, 7), "unterminated string"),
        ('{"a": 01}', (1, 8), "`,` or `}` is expected"),
        ("{} {}", (1, 4), "Something follows"),
        ('{"a": NaN}', (1, 7), "a value is expected"),
    ],
)
def test_json_is_json(text, place, words):
    with pytest.raises(DagFileProblems) as caught:
        read(text, "a.json")
    first = caught.value.problems[0]
    assert (first.line, first.column) == place
    assert words in first.message
