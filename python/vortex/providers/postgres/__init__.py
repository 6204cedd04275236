"""Airflow's provider postgres, on psycopg2 or psycopg 3."""
