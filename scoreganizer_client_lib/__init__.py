"""Client library for the tournament API. Start with `Scoreganizer`.

    scoreganizer   Scoreganizer: log in, keep credentials, reach the rest
    tournament     Tournament and what else is shown of one; the calls under `tournaments`
    score          the calls under `scores`
    exceptions     everything a call can raise
    transport      the one place where requests are sent: timeouts and retries
    reply          what a response says: an error, or fields
    moments        dates and times on the wire
    auth_file      the file that credentials are saved in
    installation   whether the released library of this name is installed over this one

A call blocks until its reply has come. One `Scoreganizer` belongs to one thread. The released
library's names are all here; registering, hosting, `detail` and `standings` are here only.

Left out on purpose: asynchronous calls.
"""

from __future__ import annotations

from scoreganizer_client_lib import installation
from scoreganizer_client_lib.scoreganizer import Scoreganizer

__version__ = "0.4.0"

__all__ = ["Scoreganizer", "__version__"]

installation.check(__file__)
