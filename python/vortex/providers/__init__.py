"""Hooks, operators and sensors of Airflow's providers that are real here, on the drivers that the DAGs' environment has."""
