"""Amazon Web Services, over the boto3 of the DAGs' environment."""
