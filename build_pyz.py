"""Makes one file of the server that runs anywhere with Python 3.11: `python build_pyz.py [OUT]`.

The file is a zip with the package and its pages in it (zipapp, PEP 441), `gameserver.pyz` unless
OUT says otherwise. `python gameserver.pyz` takes the flags of `python run_server.py`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import zipapp
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
MAIN = "__main__.py"


def build(out: Path) -> None:
    """Writes the file; OSError if it cannot be written."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "gameserver")
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(ROOT / "gameserver", copy, ignore=ignored)
        shutil.copy(ROOT / "run_server.py", Path(folder, MAIN))
        shutil.copy(ROOT / "LICENSE", folder)
        zipapp.create_archive(folder, out, interpreter="/usr/bin/env python3", compressed=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes the file that the command line names; returns the exit code."""
    parser = argparse.ArgumentParser(description="Makes one file of the server.")
    parser.add_argument("out", nargs="?", default="gameserver.pyz", metavar="OUT", type=Path)
    out: Path = parser.parse_args(arguments).out
    try:
        build(out)
    except OSError as error:
        print(f"build_pyz.py: cannot write {str(out)!r}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"{out}: {out.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
