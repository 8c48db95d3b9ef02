"""PyTorch modules of other people's as layers; the only part of `nn` that needs PyTorch to be imported."""


class ModuleError(ValueError):
    """A module that cannot be made, or not be trained; the message says why."""
