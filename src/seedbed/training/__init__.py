"""The training of the built-in recipe's networks, a group of runs at a time."""
