"""`python -m gameserver` is `python run_server.py`."""

import sys

from gameserver.command import main

if __name__ == "__main__":
    sys.exit(main())
