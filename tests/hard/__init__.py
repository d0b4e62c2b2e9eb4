"""Long tests of durability, each a command of its own: see docs/durability.md."""
