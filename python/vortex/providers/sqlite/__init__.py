"""Airflow's provider sqlite, on the standard library."""
