"""What `/openapi.json` says is what the server does: schemathesis, in both modes.

    pip install schemathesis
    python tests/hard/schemas.py [--cases 20000] [--seconds 900]

All checks of schemathesis but one:

- `positive_data_acceptance` is left out. What the API takes is less than a JSON schema can say:
  28.0 is an integer to JSON Schema and a fraction to the API, a name has no invisible characters,
  metadata has a size in bytes, and a cursor is one that the server gave.

`GET /api/live` is left out as well: its answer has no end.

An answer to wrong data may be 411, 413, 414 or 431 as well: too long is wrong, too. Responses are
compared with the schemas of the document, so the report has what the document does not declare.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import Report, arguments, serving

from tests.raw_client import request_bytes
from tests.servers import ServerProcess

CONFIG = """
[auth.openapi.admin]
bearer = "{token}"
[auth.openapi.player]
api_key = "{key}"
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 411, 413, 414, 415, 422, 429, 431]
[checks.positive_data_acceptance]
enabled = false
"""

EXAMPLES = 100
"""Of each operation in a round, of which there are as many as it takes, each with its own seed."""


def main() -> int:
    options = arguments(__doc__, cases=20_000, seconds=900.0)
    report = Report("schemas")
    for mode in options.modes:
        with tempfile.TemporaryDirectory() as folder:
            run(mode, Path(folder), options.cases, options.seconds, options.seed, report)
    return report.end()


def run(mode: str, folder: Path, cases: int, seconds: float, seed: int, report: Report) -> None:
    token = folder / "admin-token"
    give_up = time.monotonic() + seconds
    count, exit_codes, output = 0, [], ""
    with serving(mode, "--admin_token_file", str(token)) as server:
        while count < cases and time.monotonic() < give_up and not any(exit_codes):
            config = configured(folder, server, token.read_text().strip())
            exit_code, output = one_round(config, server.address, seed + len(exit_codes))
            exit_codes.append(exit_code)
            generated = re.search(r"(\d+) generated", output)
            count += int(generated[1]) if generated else 0
    report.row(f"{mode}: cases", count, f">= {cases}", count >= cases)
    report.row(f"{mode}: exit codes of schemathesis", exit_codes, "all 0", not any(exit_codes))
    if any(exit_codes):
        report.note(output[-20_000:])


def configured(folder: Path, server: ServerProcess, token: str) -> Path:
    """The configuration, with a new session key: none lives longer than ten minutes."""
    with server.client() as client:
        key = client.ask(request_bytes("GET", "/7/login")).body.decode()
    path = folder / "schemathesis.toml"
    path.write_text(CONFIG.format(token=token, key=key))
    return path


def one_round(config: Path, address: tuple[str, int], seed: int) -> tuple[int, str]:
    """Runs schemathesis; its exit code, and what it says."""
    host, port = address
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run",
            f"http://{host}:{port}/openapi.json", "--no-color", "--seed", str(seed),
            "--max-examples", str(EXAMPLES), "--continue-on-failure", "--exclude-path", "/api/live",
        ],
        cwd=config.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    return done.returncode, done.stdout


if __name__ == "__main__":
    sys.exit(main())
