"""The comparison as horizontal bars: SVG by hand, readable on a light and a dark page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABELS, NUMBERS = 760, 220, 200
ROW, BAR, TOP, BOTTOM = 30, 18, 58, 34

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 15px; }
.note, .rate { fill: #59636e; }
.note { font-size: 12px; }
.bar { fill: #9aa4af; }
.ours { fill: #1a7f37; }
.strong { font-weight: 600; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .note, .rate { fill: #9198a1; }
  .bar { fill: #656c76; }
  .ours { fill: #3fb950; }
}
"""


@dataclass(frozen=True)
class Bar:
    """One server in the chart."""

    label: str
    cpu_us: float
    requests_per_second: float
    is_ours: bool


def draw(title: str, note: str, bars: Sequence[Bar]) -> str:
    """The chart as SVG; the shortest bar comes first."""
    rows = sorted(bars, key=lambda bar: bar.cpu_us)
    scale = (WIDTH - LABELS - NUMBERS) / max(bar.cpu_us for bar in rows)
    height = TOP + ROW * len(rows) + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
        _text(16, 24, title, "title"),
        _text(16, 43, "CPU microseconds of the server per request: shorter is better", "note"),
        *(_row(bar, TOP + ROW * i, scale) for i, bar in enumerate(rows)),
        _text(16, height - 12, note, "note"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _row(bar: Bar, top: int, scale: float) -> str:
    width = max(bar.cpu_us * scale, 1)
    baseline = top + ROW // 2 + 5
    strong = "strong" if bar.is_ours else ""
    numbers = f"{bar.cpu_us:.0f}" if bar.cpu_us >= 100 else f"{bar.cpu_us:.1f}"
    rate = f"{bar.requests_per_second:,.0f}".replace(",", "\u202f")
    return "\n".join([
        _text(LABELS - 10, baseline, bar.label, strong, anchor="end"),
        f'<rect x="{LABELS}" y="{top + (ROW - BAR) // 2}" width="{width:.1f}" height="{BAR}" '
        f'rx="2" class="bar {"ours" if bar.is_ours else ""}"/>',
        f'<text x="{LABELS + width + 8:.1f}" y="{baseline}"><tspan class="{strong}">{numbers} µs'
        f'</tspan><tspan class="rate"> · {rate} requests/s</tspan></text>',
    ])


def _text(x: int, y: int, content: str, css: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x}" y="{y}" class="{css}" text-anchor="{anchor}">{escape(content)}</text>'
    )
