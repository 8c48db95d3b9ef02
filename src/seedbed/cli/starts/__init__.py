"""What `seedbed new --from` writes: studies, and the code that they name."""
