"""What a folder of Airflow DAG files needs, read from its syntax trees alone: none of its code runs (`vortex airflow scan`)."""
