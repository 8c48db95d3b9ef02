"""Expressions of columns and variables, parsed and evaluated without evaluating Python."""
