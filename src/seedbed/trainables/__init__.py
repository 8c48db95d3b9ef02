"""What trains the runs of a study, each behind the contract in `study.trainable`."""
