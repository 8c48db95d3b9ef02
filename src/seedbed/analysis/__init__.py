"""What results say: intervals, paired comparisons, verdicts on claims, ranking, findings, and all of it in words."""
