"""The way to Redis: links, rounds of questions, and what is asked so often that servers keep it."""
