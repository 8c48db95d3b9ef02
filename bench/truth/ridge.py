"""Ridge regression on made-up tables, where the truth is known: it can be asked of new data as often as one likes.

Two recipes see one half of the features each. Both halves matter alike, so on new tables neither recipe is better; on
one table, by chance, one is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HALF = 4  # features that a recipe sees
HIDDEN = 8  # random features that a seed draws, where the split is fixed
PENALTY = 1.0


@dataclass(frozen=True)
class Rows:
    """Samples: x (samples, 2 * HALF), y (samples,)."""

    x: np.ndarray
    y: np.ndarray

    @classmethod
    def drawn(cls, random: np.random.Generator, samples: int) -> Rows:
        """New samples, of which both halves of the features tell as much."""
        x = random.normal(size=(samples, 2 * HALF))
        return cls(x, x.sum(axis=1) / np.sqrt(HALF) + random.normal(size=samples))

    def half(self, recipe: int) -> np.ndarray:
        """What a recipe, 0 or 1, sees."""
        return self.x[:, recipe * HALF : (recipe + 1) * HALF]


def _solved(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ridge coefficients of many fits, (fits, features), given (fits, samples, features) and (fits, samples)."""
    gram = np.swapaxes(x, 1, 2) @ x + PENALTY * np.eye(x.shape[2])
    return np.linalg.solve(gram, np.swapaxes(x, 1, 2) @ y[:, :, None])[:, :, 0]


def split_errors(random: np.random.Generator, rows: Rows, trained: int, seeds: int) -> np.ndarray:
    """Mean squared errors on the rest of the rows, (2, seeds): every seed splits the same rows anew."""
    order = random.permuted(np.tile(np.arange(len(rows.y)), (seeds, 1)), axis=1)
    train, rest = order[:, :trained], order[:, trained:]
    errors = []
    for recipe in (0, 1):
        seen = rows.half(recipe)
        fitted = _solved(seen[train], rows.y[train])
        outputs = np.einsum("fsk,fk->fs", seen[rest], fitted)
        errors.append(np.mean((outputs - rows.y[rest]) ** 2, axis=1))
    return np.array(errors)


def sample_losses(random: np.random.Generator, train: Rows, test: Rows, seeds: int) -> np.ndarray:
    """Squared errors on a fixed test set, (2, seeds, samples): every seed draws its random features anew."""
    losses = []
    for recipe in (0, 1):
        weights = random.normal(size=(seeds, HALF, HIDDEN)) / np.sqrt(HALF)
        features = np.tanh(train.half(recipe) @ weights)
        fitted = _solved(features, np.broadcast_to(train.y, features.shape[:2]))
        outputs = (np.tanh(test.half(recipe) @ weights) @ fitted[:, :, None])[:, :, 0]
        losses.append((outputs - test.y) ** 2)
    return np.array(losses)
