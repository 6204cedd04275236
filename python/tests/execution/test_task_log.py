"""VORTEX's own words never fail a task, whatever it did to its standard output."""
import os
import sys

import pytest

from vortex.task_log import say


class _BadDescriptor:
    def write(self, text):
        os.write(987_654, b"x")


def _closed():
    stream = open(os.devnull, "w")
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [None, _BadDescriptor(), _closed()], ids=["none", "bad descriptor", "closed"])
def test_lost_words_are_no_failure(monkeypatch, stream):
    monkeypatch.setattr(sys, "stdout", stream)
    say("words")


def test_words_are_written_at_once(capfd):
    say("words")
    assert capfd.readouterr().out == "words"
