"""What `/openapi.json` says is what the server does: schemathesis, in both modes.

    pip install schemathesis
    python tests/hard/schemas.py [--cases 20000] [--seconds 1500]

All checks of schemathesis but one:

- `positive_data_acceptance` is left out. What the API takes is less than a JSON schema can say:
  28.0 is an integer to JSON Schema and a fraction to the API, a name has no invisible characters,
  metadata has a size in bytes, and a cursor is one that the server gave.

An answer to wrong data may be 411, 413, 414 or 431 as well: too long is wrong, too. Responses are
compared with the schemas of the document, so the report has what the document does not declare.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import Report, arguments, serving

from tests.raw_client import request_bytes

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

CASES_OF_AN_EXAMPLE = 12
"""About so many cases come of each of schemathesis's `max-examples`, over all operations."""


def main() -> int:
    options = arguments(__doc__, cases=20_000, seconds=1500.0)
    report = Report("schemas")
    for mode in options.modes:
        with tempfile.TemporaryDirectory() as folder:
            run(mode, Path(folder), options.cases, options.seconds, options.seed, report)
    return report.end()


def run(mode: str, folder: Path, cases: int, seconds: float, seed: int, report: Report) -> None:
    token = folder / "admin-token"
    with serving(mode, "--admin_token_file", str(token)) as server:
        with server.client() as client:
            key = client.ask(request_bytes("GET", "/7/login")).body.decode()
        config = folder / "schemathesis.toml"
        config.write_text(CONFIG.format(token=token.read_text().strip(), key=key))
        host, port = server.address
        done = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run",
                f"http://{host}:{port}/openapi.json", "--no-color", "--seed", str(seed),
                "--max-examples", str(-(-cases // CASES_OF_AN_EXAMPLE)),
                "--continue-on-failure", "--workers", "2",
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=seconds,
        )  # fmt: skip
        generated = re.search(r"(\d+) generated", done.stdout)
        count = int(generated[1]) if generated else 0
        report.row(f"{mode}: cases", count, f">= {cases}", count >= cases)
        report.row(f"{mode}: exit code of schemathesis", done.returncode, 0, done.returncode == 0)
        if done.returncode:
            report.note(done.stdout[-20_000:] + done.stderr[-2_000:])


if __name__ == "__main__":
    sys.exit(main())
