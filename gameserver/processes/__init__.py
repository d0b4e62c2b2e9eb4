"""Which process does what: the supervisor, the owner of the state, the way to it, signals."""
