import pytest

from vortex.host.frames import JSON, LOG, BrokenFrame, Decoder, encode_json, encode_log


def test_frames_survive_any_cut():
    data = encode_json({"t": "a", "text": "ö\udc80"}) + encode_log(7, b"\x00\xff") + encode_json([1, None])
    expected = [(JSON, {"t": "a", "text": "ö\udc80"}), (LOG, (7, b"\x00\xff")), (JSON, [1, None])]
    for size in range(1, len(data) + 1):
        decoder = Decoder()
        frames = [frame for at in range(0, len(data), size) for frame in decoder.feed(data[at : at + size])]
        assert frames == expected


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff\x01", b"\0\0\0\0\0\0", b"\0\0\0\x05\x09abcd"])
def test_what_is_no_frame_is_refused(data):
    with pytest.raises(BrokenFrame):
        Decoder().feed(data)
