"""How good the outputs of runs are: each metric one function and one row."""
