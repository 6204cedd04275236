"""Airflow's provider common.sql: whatever speaks Python's DB-API."""
