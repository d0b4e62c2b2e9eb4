"""Client library for the tournament API. Start with `Scoreganizer`.

    scoreganizer   Scoreganizer: log in, keep credentials, reach the rest
    tournament     Tournament, and the calls under ``tournaments``
    score          the calls under ``scores``
    exceptions     everything a call can raise
    transport      the one place where requests are sent: timeouts and retries
    reply          what a response says: an error, or fields
    auth_file      the file that credentials are saved in

A call blocks until its reply has come. One `Scoreganizer` belongs to one thread.

Left out on purpose: asynchronous calls, and what only a host does (creating tournaments,
inviting, standings), which the documented API has no names for.
"""

from __future__ import annotations

from scoreganizer_client_lib import installation
from scoreganizer_client_lib.scoreganizer import Scoreganizer

__version__ = "0.4.0"

__all__ = ["Scoreganizer", "__version__"]

installation.check(__file__)
