"""PROTOCOL.md as a program reads it: its tables of messages, and from them messages to bytes and back, by hand.

    page = Protocol()
    pdu = page.pdu("IMLoginReq", {"user_name": "ann", ...}, seq=1)
    fields = page.decode("IMLoginRes", body)

What doesn't fit the tables raises Failure.
"""

import functools
import os
import re
import struct

PROTOCOL_PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "PROTOCOL.md")
HEADER = struct.Struct(">IHHHHHH")
VARINT, FIXED64, LENGTH = 0, 1, 2
WIRE_TYPES = {"uint32": VARINT, "uint64": VARINT, "bool": VARINT, "fixed64": FIXED64, "string": LENGTH, "bytes": LENGTH}


class Failure(Exception):
    pass


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Failure("a varint does not end")
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


class Protocol:
    """The tables of PROTOCOL.md, and messages to bytes and back by them."""

    ENTRY = re.compile(r"- (enum|message|record) `(\w+)`(?: \((0x[0-9a-f]{4})\))?: (.*)$")
    FIELD = re.compile(r"(\d+) (\w+)([?*]?): (\w+)(?: \[default = \w+\])?$")

    def __init__(self, path=PROTOCOL_PAGE):
        self.enums = {}  # name -> {value name: number}
        self.values = {}  # value name -> number
        self.messages = {}  # name -> [(number, field, mark, type)]
        self.command_of = {}
        self.name_of = {}
        with open(path, encoding="utf-8") as page:
            for line in page:
                entry = self.ENTRY.match(line)
                if entry:
                    self._add(*entry.groups())

    def _add(self, kind, name, command, body):
        if kind == "enum":
            pairs = [item.split(" = ") for item in body.split(", ")]
            self.enums[name] = {value: int(number, 0) for value, number in pairs}
            self.values.update(self.enums[name])
            return
        fields = [] if body == "(empty)" else [self.FIELD.match(item) for item in body.split("; ")]
        self.messages[name] = [(int(f[1]), f[2], f[3], f[4]) for f in fields]
        if command:
            self.command_of[name] = int(command, 16)
            self.name_of[int(command, 16)] = name

    def wire_type(self, kind):
        if kind in self.enums:
            return VARINT
        return LENGTH if kind in self.messages else WIRE_TYPES[kind]

    def encode(self, name, values):
        unknown = set(values) - {field for _, field, _, _ in self.messages[name]}
        if unknown:
            raise Failure(f"{name} has no field {', '.join(sorted(unknown))}")
        out = b""
        for number, field, mark, kind in self.messages[name]:
            if field not in values:
                if mark == "":
                    raise Failure(f"{name} needs {field}")
                continue
            for value in values[field] if mark == "*" else [values[field]]:
                out += varint(number << 3 | self.wire_type(kind)) + self._encode_value(kind, value)
        return out

    def _encode_value(self, kind, value):
        if kind in self.messages:
            value = self.encode(kind, value)
        if isinstance(value, str):
            value = self.enums[kind][value] if kind in self.enums else value.encode()
        wire = self.wire_type(kind)
        if wire == VARINT:
            return varint(int(value))
        return struct.pack("<Q", value) if wire == FIXED64 else varint(len(value)) + value

    def decode(self, name, data):
        """A dict of the fields that are there; repeated ones are lists, always there."""
        fields = {number: (field, mark, kind) for number, field, mark, kind in self.messages[name]}
        out = {field: [] for field, mark, _ in fields.values() if mark == "*"}
        at = 0
        while at < len(data):
            key, at = read_varint(data, at)
            raw, at = self._take(data, at, key & 7)
            if key >> 3 not in fields:
                continue
            field, mark, kind = fields[key >> 3]
            if key & 7 != self.wire_type(kind):
                raise Failure(f"{name}.{field} has wire type {key & 7}")
            value = self._decode_value(kind, raw)
            if mark == "*":
                out[field].append(value)
            else:
                out[field] = value
        missing = [field for field, mark, _ in fields.values() if mark == "" and field not in out]
        if missing:
            raise Failure(f"{name} lacks {', '.join(missing)}")
        return out

    @staticmethod
    def _take(data, at, wire):
        if wire == VARINT:
            return read_varint(data, at)
        if wire == LENGTH:
            size, at = read_varint(data, at)
        else:
            size = {FIXED64: 8, 5: 4}.get(wire)
            if size is None:
                raise Failure(f"wire type {wire}")
        if at + size > len(data):
            raise Failure("a field goes beyond the end")
        return data[at : at + size], at + size

    def _decode_value(self, kind, raw):
        if kind in self.messages:
            return self.decode(kind, raw)
        if kind in self.enums and raw not in self.enums[kind].values():
            raise Failure(f"{raw} is no {kind}")
        if kind == "fixed64":
            return struct.unpack("<Q", raw)[0]
        if kind == "bool":
            return bool(raw)
        return raw.decode() if kind == "string" else raw

    def blank(self, name):
        """The required fields with values that say nothing."""
        empty = {"string": "", "bytes": b""}
        first = {kind: next(iter(values)) for kind, values in self.enums.items()}
        return {f: first.get(kind, empty.get(kind, 0)) for _, f, mark, kind in self.messages[name] if mark == ""}

    def pdu(self, name, values, seq):
        body = self.encode(name, values)
        command = self.command_of[name]
        return HEADER.pack(HEADER.size + len(body), 1, 0, command >> 8, command, seq, 0) + body


@functools.cache
def protocol():
    """The page, read once."""
    return Protocol()
