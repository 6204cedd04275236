from vortex.host.output import TAIL_BYTES, Output


def collect(cap, pieces, last_line_cap=0):
    sent = []
    output = Output(sent.append, cap, None, last_line_cap)
    for piece in pieces:
        output.feed(piece)
    output.finish()
    return output, b"".join(sent)


def test_below_the_cap_everything_arrives_unchanged():
    output, sent = collect(100, [b"abc", b"def"])
    assert (sent, output.sent_bytes, output.dropped_bytes) == (b"abcdef", 6, 0)


def test_exactly_the_cap_drops_nothing():
    output, sent = collect(8, [b"12345", b"678"])
    assert (sent, output.dropped_bytes) == (b"12345678", 0)


def test_beyond_the_cap_head_and_tail_stay_and_a_line_tells_the_rest():
    cap = 8 * TAIL_BYTES
    end = b"tail" + b"y" * (1_048_576 - 4)
    output, sent = collect(cap, [b"head"] + [b"x" * 65536] * 200 + [end[at : at + 65536] for at in range(0, len(end), 65536)])
    whole = 4 + 65536 * 200 + len(end)
    assert sent.startswith(b"head") and sent.endswith(end)
    assert output.dropped_bytes == whole - cap
    assert f"{whole - cap:,} bytes of output were dropped".encode() in sent
    assert output.sent_bytes == len(sent)


def test_a_cap_of_zero_keeps_only_the_line():
    output, sent = collect(0, [b"abc"])
    assert output.dropped_bytes == 3 and sent.startswith(b"\n[vortex] 3 bytes")


def last_line(pieces, cap=1000):
    return collect(10, pieces, cap)[0].last_line()


def test_the_last_line_is_what_airflow_takes():
    assert last_line([]) == ""
    assert last_line([b"one\ntwo"]) == "two"
    assert last_line([b"one\ntwo\n"]) == "two"
    assert last_line([b"one\n", b"tw", b"o", b"  \n"]) == "two"
    assert last_line([b"one\n", b"\n"]) == ""
    assert last_line([b"one", b"\n", b"two", b"\n"]) == "two"
    assert last_line([b"\xff\n"]) == "\\xff"


def test_a_last_line_beyond_its_cap_is_seen_as_too_long():
    assert len(last_line([b"x" * 5000], cap=100)) > 100


def test_what_was_kept_aside_says_how_long_ago_it_came(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("vortex.host.output.monotonic", lambda: now[0])
    told = []
    output = Output(lambda data: told.append(data.decode()), 400, None, 0, told.append)
    for number in range(40):
        output.feed(f"{number:03} {'.' * 15}\n".encode())
        now[0] += 1
    now[0] += 9
    output.finish()
    kept = [piece for piece in told if isinstance(piece, int) or piece[:1].isdigit()]
    ages = [piece for piece in told if isinstance(piece, int)]
    # The head came as it was written. Of the end each line has its own age, the oldest first, and so has the line about what is missing.
    assert "".join(piece for piece in kept if not isinstance(piece, int)) == "".join(
        f"{number:03} {'.' * 15}\n" for number in [*range(15), *range(35, 40)]
    )
    assert ages == [14_000, 14_000, 13_000, 12_000, 11_000, 10_000]
    assert told.index(14_000) == 15 and "were dropped here" in told[16]
    assert len(output._parts) == 0
