"""Starts the game score server: `python run_server.py -h` lists the flags."""

import sys

from gameserver.command import main

if __name__ == "__main__":
    sys.exit(main())
