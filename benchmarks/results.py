"""Results: medians of rounds, the table, and the JSON file with what it was measured on."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from servers import BASELINE, BASELINES, INSTALLED, ROOT, Server

DIRECTORY = Path(__file__).resolve().parent / "results"
PACKAGES = ("uvicorn", "uvloop", "httptools", "fastapi", "flask", "gunicorn", "aiohttp", "redis")
COLUMNS = (
    "server", "requests/s", "server CPU µs/request", "to nginx", "to Go", "p99 ms", "memory MB",
    "failures", "to baseline",
)
VERSION_COMMANDS = {
    "nginx": ["nginx", "-v"],
    "go": [str(INSTALLED / "venv" / "bin" / "go"), "version"],
    "node": ["node", "--version"],
    "wrk": ["wrk", "--version"],
    "redis": ["redis-server", "--version"],
    "python of the peers": [str(INSTALLED / "venv" / "bin" / "python"), "--version"],
}


@dataclass(frozen=True)
class Sample:
    """One server in one round; or, as a median, in all of them."""

    requests_per_second: float
    cpu_us_per_request: float
    p50_ms: float
    p99_ms: float
    memory_mb: float
    failures: int


def median(samples: Sequence[Sample]) -> Sample:
    """The median of each figure; of failures the sum, since each one counts."""
    columns = {
        name: statistics.median(getattr(sample, name) for sample in samples)
        for name in Sample.__dataclass_fields__
    }
    return Sample(**columns | {"failures": sum(sample.failures for sample in samples)})


def table(medians: Mapping[Server, Sample]) -> str:
    """The comparison as a Markdown table, cheapest request first."""
    by_name = {server.name: sample for server, sample in medians.items()}
    cheapest_first = sorted(medians.items(), key=lambda item: item[1].cpu_us_per_request)
    rows = [_cells(server, sample, by_name) for server, sample in cheapest_first]
    shown = len(COLUMNS) if any(name in BASELINES for name in by_name) else -1
    return markdown(COLUMNS[:shown], [row[:shown] for row in rows])


def baseline_of(server: Server, samples: Mapping[str, Sample]) -> Sample | None:
    """The sample of the same server in the baseline, if it was measured."""
    return samples.get(BASELINE + server.name.removeprefix(BASELINE))


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown: text in the first column, figures in the others."""
    rule = "|---" + "|--:" * (len(head) - 1) + "|"
    first, *others = (f"| {' | '.join(cells)} |" for cells in (head, *rows))
    return "\n".join([first, rule, *others])


def _cells(server: Server, sample: Sample, others: Mapping[str, Sample]) -> list[str]:
    return [
        server.label,
        f"{sample.requests_per_second:,.0f}",
        f"{sample.cpu_us_per_request:.1f}",
        ratio(sample, others.get("nginx")),
        ratio(sample, others.get("go")),
        f"{sample.p99_ms:.1f}",
        f"{sample.memory_mb:.1f}",
        str(sample.failures),
        ratio(sample, baseline_of(server, others)),
    ]


def ratio(sample: Sample, to: Sample | None) -> str:
    """The CPU time per request as a multiple of another server's, if there is one."""
    return f"{sample.cpu_us_per_request / to.cpu_us_per_request:.2f}" if to else "-"


def save(
    name: str,
    settings: Mapping[str, Any],
    servers: Mapping[str, Any],
    baseline: Path | None = None,
) -> Path:
    """Writes `results/NAME.json`; its path. `baseline` is the other checkout's program."""
    DIRECTORY.mkdir(exist_ok=True)
    path = DIRECTORY / f"{name}.json"
    document = {
        "date": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "commit": _commit(ROOT),
        **({"baseline_commit": _commit(baseline.parent)} if baseline else {}),
        "machine": machine(),
        "versions": _versions(),
        "settings": dict(settings),
        "servers": dict(servers),
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return path


def document(rounds: Sequence[Sample]) -> dict[str, Any]:
    """What a JSON file tells of one server's samples."""
    return {
        "median": _figures(median(rounds)),
        "rounds": [_figures(sample) for sample in rounds],
    }


def _figures(sample: Sample) -> dict[str, float]:
    return {name: round(value, 3) for name, value in asdict(sample).items()}


def _commit(checkout: Path) -> str:
    commit = _output(["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"])
    changed = _output(["git", "-C", str(checkout), "status", "--porcelain", "--", "*.py"])
    return commit + (" with changes" if commit and changed else "")


def machine() -> dict[str, Any]:
    """What the figures depend on: the processor, the kernel, the interpreter."""
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return {
        "cpu": cpu[1] if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def _versions() -> dict[str, str]:
    commands = {name: _output(command) for name, command in VERSION_COMMANDS.items()}
    return commands | _package_versions(PACKAGES)


def _package_versions(packages: Iterable[str]) -> dict[str, str]:
    program = "import importlib.metadata as m, sys\nfor p in sys.argv[1:]: print(p, m.version(p))"
    python = str(INSTALLED / "venv" / "bin" / "python")
    lines = _output([python, "-c", program, *packages]).splitlines()
    return dict(line.split() for line in lines)


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return ""
    text = (done.stdout or done.stderr).strip()
    return text.splitlines()[0] if command[0] == "wrk" else text
