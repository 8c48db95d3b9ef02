"""What running a study would do, before it does it."""
