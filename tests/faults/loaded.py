"""Imported by the process that commands are forked from: loads what they need, before any thread is started."""

from faults.process import load

load()
