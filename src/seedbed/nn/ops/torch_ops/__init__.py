"""What the array standard lacks, for torch tensors: torch's kernels, forward and backward, no autograd."""

from torch.special import erf

from seedbed.nn.ops.torch_ops.activations import relu
from seedbed.nn.ops.torch_ops.convolution import conv2d
from seedbed.nn.ops.torch_ops.norm import batch_norm
from seedbed.nn.ops.torch_ops.pooling import avg_pool2d, max_pool2d

__all__ = ["avg_pool2d", "batch_norm", "conv2d", "erf", "max_pool2d", "relu"]
