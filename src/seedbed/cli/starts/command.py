"""Train a logistic regression in small batches; prints how good it is after every epoch, as a line of JSON."""

import argparse
import json

import numpy as np


def main() -> None:
    """Read the arguments, train, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--momentum", type=float, default=0.0)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    rng = np.random.default_rng(args.seed)
    x = rng.normal(size=(400, 5))
    y = x @ [1.0, -2.0, 0.5, 0.0, 0.0] + rng.normal(size=400) > 0
    weights, velocity = np.zeros(5), np.zeros(5)
    for epoch in range(1, args.epochs + 1):
        for batch in rng.permutation(300).reshape(-1, 20):
            errors = 1 / (1 + np.exp(-x[batch] @ weights)) - y[batch]
            velocity = args.momentum * velocity + errors @ x[batch] / len(batch)
            weights = weights - args.lr * velocity
        right = 1 / (1 + np.exp(-np.where(y, 1, -1) * (x @ weights)))[300:]  # probability of the right answer
        print(f"epoch {epoch} of {args.epochs}")  # what is no JSON is no matter
        print(json.dumps({"loss": -np.log(right).mean(), "accuracy": (right > 0.5).mean()}))


if __name__ == "__main__":
    main()
