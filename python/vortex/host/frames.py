"""
Frames between worker, hosts and children: u32 length of what follows (big endian), u8 kind, payload.
Kind 1 is a JSON document; kind 2 is log output: u32 number of the attempt, then raw bytes. server/worker/hosts/frames.ts is the twin.
"""
from __future__ import annotations

import json
import struct
from typing import Any, List, Tuple, Union

JSON = 1
LOG = 2

# A frame carries at most one XCom list; caps on XComs are far below. Beyond this the peer is broken or hostile.
MAX_FRAME_BYTES = 256 * 1024 * 1024

_HEAD = struct.Struct(">IB")
_LOG_HEAD = struct.Struct(">IBI")
_NUMBER = struct.Struct(">I")
# Bound once: a DAG file that replaces functions of the json module must not change what travels.
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_decode = json.JSONDecoder().decode

Frame = Tuple[int, Any]


class BrokenFrame(ValueError):
    """The peer sent what is no frame."""


def encode_json(document: Any) -> bytes:
    payload = _encode(document).encode("ascii")
    return _HEAD.pack(len(payload) + 1, JSON) + payload


def encode_log(number: int, data: Union[bytes, memoryview]) -> bytes:
    return b"".join((_LOG_HEAD.pack(len(data) + 5, LOG, number), data))


class Decoder:
    """Collects bytes; `feed` returns the frames that are complete: (JSON, document) or (LOG, (number, bytes))."""

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        self._buffer = bytearray()
        self._limit = limit

    def feed(self, data: bytes) -> List[Frame]:
        buffer = self._buffer
        buffer += data
        frames: List[Frame] = []
        start = 0
        while len(buffer) - start >= _HEAD.size:
            length, kind = _HEAD.unpack_from(buffer, start)
            if length > self._limit or length < 1:
                raise BrokenFrame(f"a frame of {length:,} bytes; the limit is {self._limit:,}")
            end = start + 4 + length
            if len(buffer) < end:
                break
            payload = bytes(buffer[start + _HEAD.size : end])
            start = end
            if kind == JSON:
                frames.append((JSON, _decode(payload.decode("utf-8"))))
            elif kind == LOG and len(payload) >= 4:
                frames.append((LOG, (_NUMBER.unpack_from(payload)[0], payload[4:])))
            else:
                raise BrokenFrame(f"a frame of unknown kind {kind}")
        if start:
            del buffer[:start]
        return frames
