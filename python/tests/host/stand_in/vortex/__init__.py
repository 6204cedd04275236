"""Stands before the real package on the path: process hosts are tested with the smallest loading and execution that can be."""
import os

__path__.append(os.path.join(os.path.dirname(__file__), "..", "..", "..", "..", "vortex"))
