"""The scores of a bucket in Redis: scripts, and what calls them."""
