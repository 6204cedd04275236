"""Airflow's provider http, on requests."""
