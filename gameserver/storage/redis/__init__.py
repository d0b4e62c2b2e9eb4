"""Everything in a Redis, which any number of servers share."""
