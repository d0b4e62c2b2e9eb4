"""Writers of replay files for the tests, made from the formats' descriptions alone.

They share nothing with the readers under test. Every part of a file can be replaced, so that a
test states only what is unusual about its file; what is left alone makes a valid won game.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .minefields import SIZES, Square, random_mines, safe_squares

RMV_LEVELS = {"beginner": 0, "intermediate": 1, "expert": 2, "custom": 3}
AVF_LEVELS = {"beginner": 3, "intermediate": 4, "expert": 5, "custom": 6}
RMV_MIME = "application/x-viennasweeper"
AVF_MIME = "application/x-minesweeper-arbiter"
KEY = "1_35_99a8472376717bc7a676876cf0d351e3"


# --- RMV -------------------------------------------------------------------------------------


def u16(number: int) -> bytes:
    return number.to_bytes(2, "big")


def u24(number: int) -> bytes:
    return number.to_bytes(3, "big")


def u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def mouse(kind: int, time_ms: int, x: int = 20, y: int = 70, flags: int = 0) -> bytes:
    """A mouse event: 1 move, 2/3 left down/up, 4/5 right, 6/7 middle. x, y may be negative."""
    return bytes([kind]) + u24(time_ms) + bytes([flags]) + u16(x & 0xFFFF) + u16(y & 0xFFFF)


def short_move(later_ms: int, right: int, down: int) -> bytes:
    return bytes([28, later_ms, (right & 15) << 4 | down & 15])


def on_board(code: int, square: Square) -> bytes:
    return bytes([code, *square])


def opened(number: int, square: Square) -> bytes:
    return on_board(18 + number, square)


def stamp(seconds: int) -> bytes:
    return b"\0" + u32(seconds)


def end(code: int, time_ms: int) -> bytes:
    return bytes([code]) + u24(time_ms)


LOST, WON, UNFINISHED = 15, 16, 17


def field_of(text: bytes) -> bytes:
    return bytes([len(text)]) + text


@dataclass
class Rmv:
    """An RMV file, version 1 or 2. ``encode`` gives its bytes."""

    version: int = 1
    level: str = "beginner"
    size: tuple[int, int, int] | None = None
    mines: Sequence[Square] | None = None
    mode: int = 0
    time_ms: int = 4153
    player: Sequence[bytes] = (b"Ann", b"annie", b"Austria", KEY.encode())
    nick: bytes = b""
    result: bytes | None = None
    version_info: bytes = b"Vienna MineSweeper"
    more_properties: bytes = b""
    preflags: Sequence[Square] = ()
    extras: Sequence[tuple[bytes, bytes]] = ((b"vsweep_skin", b"24px.bmp"),)
    events: bytes | None = None
    trailer: bytes = b""
    checksum: bytes = bytes(range(18))
    unix_time: int = 1600544477
    file_size: int | None = None
    clone: tuple[int, int] = (1, 5)
    wrong_sizes: dict[str, int] = field(default_factory=dict)

    def board_size(self) -> tuple[int, int, int]:
        return self.size or SIZES[self.level]

    def laid(self) -> Sequence[Square]:
        return random_mines(*self.board_size()) if self.mines is None else self.mines

    def opening_events(self) -> bytes:
        columns, rows, _ = self.board_size()
        shown = safe_squares(columns, rows, self.laid())
        return b"".join(opened(number, square) for square, number in shown.items())

    def winning_events(self) -> bytes:
        start = mouse(3, 0) + mouse(1, 5, 21, 70)
        last = mouse(2, self.time_ms - 1) + on_board(9, (0, 0)) + mouse(3, self.time_ms)
        return start + last + self.opening_events() + end(WON, self.time_ms)

    def sections(self) -> dict[str, bytes]:
        """The sections in the order of both the header and the file."""
        columns, rows, _ = self.board_size()
        places = b"".join(bytes(square) for square in self.laid())
        flags = b"".join(bytes(square) for square in self.preflags)
        extras = b"".join(field_of(name) + field_of(value) for name, value in self.extras)
        sections = {
            "result": self.result_string(),
            "version": self.version_info,
            "player": u16(len(self.player)) + b"".join(map(field_of, self.player)),
            "board": u32(self.unix_time) + bytes([columns, rows]) + u16(len(self.laid())) + places,
            "preflags": u16(len(self.preflags)) + flags if flags else b"",
            "properties": self.properties(),
            "extras": u16(len(self.extras)) + extras,
            "events": self.event_list() + self.trailer,
            "checksum": self.checksum,
        }
        del sections["extras" if self.version == 1 else "result"]
        return sections

    def properties(self) -> bytes:
        head = bytes([0, 1, self.mode, RMV_LEVELS[self.level]])
        return head + (b"" if self.version == 1 else b"\x0a\0\x18") + self.more_properties

    def event_list(self) -> bytes:
        return self.winning_events() if self.events is None else self.events

    def result_string(self) -> bytes:
        if self.result is not None:
            return self.result
        return b"\nLEVEL:Beginner#SCORE:4.15#NAME:Ann#NICK:%b#3BV:10#NF:1#\n" % self.nick

    def encode(self) -> bytes:
        sections = self.sections()
        sizes = {name: len(part) for name, part in sections.items()} | self.wrong_sizes
        numbers = b"".join(
            u32(size) if name == "events" else u16(size) for name, size in sizes.items()
        )
        body = b"".join(sections.values())
        clone = bytes(self.clone) if self.version == 2 else b""
        head = b"*rmv" + u16(self.version) + clone
        whole = len(head) + 4 + len(numbers) + len(body)
        return head + u32(whole if self.file_size is None else self.file_size) + numbers + body


# --- AVF -------------------------------------------------------------------------------------


def avf_event(kind: int, hundredths: int, x: int = 5, y: int = 5) -> bytes:
    """An event after so many hundredths of a second, at a pixel of the board."""
    x_high, x_low = divmod(x, 256)
    y_high, y_low = divmod(y, 256)
    s_high, s_low = divmod(hundredths // 100 + 1, 256)
    return bytes([kind, x_high, s_low, x_low, hundredths % 100, y_high, s_high, y_low])


AVF_END = bytes([1, 0, 0, 0, 0, 0, 0, 0])
MOVE, LEFT_DOWN, LEFT_UP, RIGHT_DOWN, RIGHT_UP = 1, 3, 5, 9, 17


@dataclass
class Avf:
    """An AVF file of Arbiter or, with ``program_byte`` 0, of Freesweeper."""

    program_byte: int = 52
    unknown: bytes = b"\x13\x07\x09\x0d"
    level: str = "beginner"
    size: tuple[int, int, int] | None = None
    mines: Sequence[Square] | None = None
    hundredths: int = 541
    before_bracket: bytes = b"\xd3\xd7\xee\x02\x05\x27\x42\x40\x4c\x04\x09\x0a\x07"
    question_marks: int = 127
    bracket: bytes | None = None
    before_events: bytes = b"\x0c\x0b\x09\x09\x09"
    events: bytes | None = None
    after_events: bytes = AVF_END * 5 + b"4019222712048\x05\x15\x01\x0d"
    thousandths: bytes | None = None
    cs: bytes = bytes(range(100, 117))
    real_time: bytes = b"5.41"
    name: bytes = b"Ann#" + KEY.encode()
    program: bytes = b"Minesweeper Arbiter 0.52.3. Copyright \xa9 2005-2006"
    footer: bytes | None = None

    def board_size(self) -> tuple[int, int, int]:
        return self.size or SIZES[self.level]

    def laid(self) -> Sequence[Square]:
        return random_mines(*self.board_size()) if self.mines is None else self.mines

    def winning_events(self) -> bytes:
        columns, rows, _ = self.board_size()
        clicks = [
            (kind, 16 * column + 7, 16 * row + 9)
            for column, row in safe_squares(columns, rows, self.laid())
            for kind in (LEFT_DOWN, LEFT_UP)
        ]
        last = len(clicks) - 1
        return b"".join(
            avf_event(kind, self.hundredths * place // last, x, y)
            for place, (kind, x, y) in enumerate(clicks)
        )

    def head(self) -> bytes:
        columns, rows, count = self.board_size()
        size = bytes([columns - 1, rows - 1]) + u16(count) if self.level == "custom" else b""
        places = b"".join(bytes([row + 1, column + 1]) for column, row in self.laid())
        level = bytes([AVF_LEVELS[self.level]])
        return bytes([self.program_byte]) + self.unknown + level + size + places

    def bracketed(self) -> bytes:
        level = AVF_LEVELS[self.level] - 3
        usual = b"%d|22.5.2021.16:39:05:9912|22.16:39:11:3325|HS|B28T6.41" % level
        text = usual if self.bracket is None else self.bracket
        return bytes([self.question_marks]) + b"8[" + text + b"]"

    def after_cs(self, events: bytes) -> bytes:
        if self.program_byte:
            return self.cs
        digits = b"7" * (len(events) // 8) if self.thousandths is None else self.thousandths
        return digits + self.cs + b"free\r"

    def foot(self) -> bytes:
        if self.footer is not None:
            return self.footer
        fields = (b"RealTime: " + self.real_time, b"Skin: 3.1", self.name, self.program)
        return b"\r".join(fields)

    def encode(self) -> bytes:
        events = self.winning_events() if self.events is None else self.events
        parts = (self.head(), self.before_bracket, self.bracketed(), self.before_events, events)
        return b"".join(parts) + self.after_events + b"cs=" + self.after_cs(events) + self.foot()


def freesweeper(**parts: object) -> Avf:
    """A Freesweeper file: version 0, and one more digit for each time."""
    usual = {"program_byte": 0, "unknown": b"\x0a\0\0\0", "program": b"Freesweeper R10"}
    return Avf(**(usual | parts))  # type: ignore[arg-type]
