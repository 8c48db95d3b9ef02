"""What can be found wrong: a file for each thing that is looked at, and what a row of `findings.CHECKS` is."""
