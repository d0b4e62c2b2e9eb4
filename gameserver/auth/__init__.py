"""Who somebody is: session keys of players; accounts, passwords and tokens of tournaments."""
