"""The report of a study: one self-contained HTML page, with its figures also as files."""
