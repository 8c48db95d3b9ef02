"""Tables of rows: read from files, turned into numbers, and what is wrong with them."""
