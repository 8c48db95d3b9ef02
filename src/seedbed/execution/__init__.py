"""One execution of a study from its plan to its stored results, and what a person sees meanwhile."""
