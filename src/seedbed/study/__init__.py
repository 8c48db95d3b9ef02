"""A study: what it asks, how it is read and checked, and the contract with what trains its runs."""
