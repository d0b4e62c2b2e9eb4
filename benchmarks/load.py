"""The two load generators: `wrk` with the mixed load, and `ab` with one connection per request."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

MIXED_LOAD = Path(__file__).resolve().parent / "mixed_load.lua"
NUMBER = r"([0-9.]+)"


@dataclass(frozen=True)
class Load:
    """What the load generator saw."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failures: int  # bad statuses and socket errors


class LoadError(Exception):
    """The load generator did not finish; the message is what it wrote."""


@dataclass(frozen=True)
class Mix:
    """How widely the mixed load is spread."""

    players: int
    levels: int
    prepared_requests: int  # played in turn, again and again


MIXES = {
    "narrow": Mix(players=200, levels=50, prepared_requests=5_000),
    "wide": Mix(players=5_000, levels=50, prepared_requests=40_000),
}


@dataclass(frozen=True)
class Script:
    """The arguments of `mixed_load.lua`, which explains them."""

    sessions: Path
    mix: Mix
    new_bests_above: int
    new_best_every: int
    pipelined: int
    seed: int = 1  # the same requests in the warm-up and in the measurement

    def arguments(self) -> list[str]:
        numbers = (
            self.mix.levels, self.mix.prepared_requests, self.seed, self.new_bests_above,
            self.new_best_every, self.pipelined,
        )
        return [str(self.sessions), *map(str, numbers)]


def mixed(port: int, script: Script, connections: int, seconds: float) -> Load:
    """A load of `mixed_load.lua` over keep-alive connections."""
    output = _run([
        "wrk", "--threads", "1", "--connections", str(connections),
        "--duration", f"{seconds:.0f}s", "--script", str(MIXED_LOAD),
        f"http://127.0.0.1:{port}/", "--", *script.arguments(),
    ])
    result = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", output)}
    return Load(
        requests=result["requests"],
        seconds=result["microseconds"] / 1e6,
        p50_ms=result["p50"] / 1e3,
        p99_ms=result["p99"] / 1e3,
        failures=result["bad_statuses"] + result["socket_errors"],
    )


def connect(port: int, path: str, connections: int, requests: int) -> Load:
    """A load of requests for the path, a new connection for each."""
    url = f"http://127.0.0.1:{port}{path}"
    output = _run(["ab", "-q", "-c", str(connections), "-n", str(requests), url])
    complete = int(_first(r"Complete requests:\s+", output))
    return Load(
        requests=complete,
        seconds=_first(r"Time taken for tests:\s+", output),
        p50_ms=_first(r"\s50%\s+", output),
        p99_ms=_first(r"\s99%\s+", output),
        failures=int(
            requests - complete
            + _first(r"Failed requests:\s+", output)
            + _first(r"Non-2xx responses:\s+", output, default=0.0)
        ),
    )


def _first(label: str, output: str, default: float | None = None) -> float:
    match = re.search(label + NUMBER, output)
    if match:
        return float(match[1])
    if default is None:
        raise LoadError(output)
    return default


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise LoadError(f"{command}:\n{done.stdout}{done.stderr}")
    return done.stdout
