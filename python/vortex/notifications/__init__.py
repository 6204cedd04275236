"""Notifiers: callbacks that send a message."""
