"""Seedbed beside its peers on identical work: `python -m bench NAME`."""
