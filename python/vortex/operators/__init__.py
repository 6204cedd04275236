"""Operators, each one small file."""
