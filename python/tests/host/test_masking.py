import base64
import json
import random
import urllib.parse

import pytest

from vortex.host.masking import MAX_REASON_CHARS, Masker, shown_reason

SECRET = 'p4ss"w/ö\\rd & more'


def masked(values, text, pieces=None):
    masker = Masker(values)
    data = text if isinstance(text, bytes) else text.encode()
    out = b"".join(masker.feed(piece) for piece in (pieces or [data])) + masker.flush()
    return out.decode("utf-8", "replace")


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        urllib.parse.quote(SECRET),
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        repr(SECRET)[1:-1],
    ],
)
def test_each_spelling_is_masked(spelling):
    assert masked([SECRET], f"a {spelling} b") == "a *** b"


@pytest.mark.parametrize("prefix", ["", "u", "us", "user:"])
def test_base64_of_a_longer_text_that_holds_the_secret_gives_nothing_away(prefix):
    secret = "correct-horse-battery"
    text = base64.b64encode(f"{prefix}{secret}!".encode()).decode()
    shown = masked([secret], text)
    assert "***" in shown
    assert len(shown.replace("***", "")) <= len(text) - len(secret)


def test_lines_of_a_key_are_masked_alone_and_together():
    key = "-----BEGIN KEY-----\nMIIEabcdefghij\nKLMNOPQRSTUV\n-----END KEY-----"
    assert masked([key], f"x{key}y") == "x***y"
    assert masked([key], "one MIIEabcdefghij two") == "one *** two"
    assert masked([key], key.replace("\n", "\r\n")) == "***"


def test_borders_of_pieces_change_nothing():
    chooser = random.Random(1)
    values = ["secret", "secretary", "retarded-clock", "aaab"]
    for _ in range(500):
        text = "".join(chooser.choice(values + ["secre", "aaa", "t", "\n", "word "]) for _ in range(12))
        whole = masked(values, text)
        cuts = sorted(chooser.sample(range(len(text) + 1), k=min(5, len(text))))
        edges = [0, *cuts, len(text)]
        pieces = [text[a:b].encode() for a, b in zip(edges, edges[1:])]
        assert masked(values, text, pieces) == whole
        assert "secret" not in whole and "aaab" not in whole


def test_output_that_can_be_no_secret_is_not_held_back():
    assert Masker(["secret"]).feed(b"progress 10 %") == b"progress 10 %"


def test_values_too_short_to_hide_are_left_alone():
    assert masked(["1", ""], "11 of 1") == "11 of 1"


def test_a_whole_text():
    assert Masker(["hunter2"]).text("password hunter2 is wrong") == "password *** is wrong"


def test_the_end_of_a_cut_text_may_begin_a_secret():
    masker = Masker(["correct horse battery"])
    assert masker.text("a correct horse battery b correct hor", is_cut=True) == "a *** b "
    assert masker.text("a correct horse battery b correct hor") == "a *** b correct hor"


def test_a_long_reason_is_cut_after_it_was_masked():
    secret = "correct-horse-battery"
    text = "x" * (MAX_REASON_CHARS - 10) + secret + "y" * 1_000_000
    shown = shown_reason(text, Masker([secret]))
    assert len(shown) == MAX_REASON_CHARS
    assert shown.endswith("x***yyyyyy…")
    assert shown_reason("short", None) == "short"
