"""Which way is better of a metric that nobody here computes, as far as its name tells."""

from __future__ import annotations

import re

from seedbed.metrics.base import Direction

MORE = (
    "acc accuracy auc auroc f1 fscore precision recall r2 score reward return bleu rouge iou map psnr ssim correct "
    "hit hits mrr ndcg"
)
LESS = (
    "loss losses error errors err mse rmse mae mape mad nll perplexity ppl bpc bpd cost regret time seconds secs "
    "minutes duration latency memory fid wer cer rank steps epochs bytes brier ece ms"
)
WORDS: dict[str, Direction] = {
    **dict.fromkeys(MORE.split(), "max"),
    **dict.fromkeys(LESS.split(), "min"),
}


def likely_direction(metric: str) -> Direction | None:
    """Whether less or more of a metric is better, by the last word in its name that tells; None where none does.

    Words are parted by anything but letters and digits, and by capitals: "val_acc", "test/errorRate", "top1.accuracy".
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", metric)
    words = re.findall(r"[a-z0-9]+", parted.casefold())
    known = [WORDS[word] for word in words if word in WORDS]
    return known[-1] if known else None
