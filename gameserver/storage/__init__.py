"""Everything that is kept, behind one engine."""
