"""Sensors, each one small file: tasks that wait for something outside."""
