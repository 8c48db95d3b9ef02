"""Tables of results that somebody else's training left, read as the runs of a study."""
