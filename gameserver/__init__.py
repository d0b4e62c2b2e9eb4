"""A game score server: mini-game high scores over plain HTTP, standard library only."""

import sys

__version__ = "0.1.0"

# Here, since it runs before every other module, most of which an old Python cannot even parse.
# This one, `__main__.py` and `run_server.py` are written so that Python 2 can.
if sys.version_info < (3, 11):  # noqa: UP036 (it is for those that are older)
    version = ".".join(map(str, sys.version_info[:2]))
    sys.stderr.write("gameserver: Python 3.11 or newer is needed, and this is " + version + "\n")
    sys.exit(2)
