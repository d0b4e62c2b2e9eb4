"""The scores of all buckets, each of which is a complete store of its levels."""
