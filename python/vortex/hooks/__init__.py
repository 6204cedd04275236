"""Hooks, each one small file: what a named connection can do."""
