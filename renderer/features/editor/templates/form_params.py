# Started by people, with a form
# No schedule: whoever triggers it fills in a form made from the params.
from datetime import datetime

from vortex import DAG, Param, PythonOperator


def copy_table(params, **_):
    mode = "replacing" if params["replace"] else "adding to"
    print(f"copying {params['table']} from {params['environment']}, {mode} what is there, at most {params['rows']} rows")


with DAG(
    dag_id="DAG_ID",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    params={
        "table": Param("orders", type="string", minLength=1, description="Name of the table"),
        "environment": Param("staging", enum=["staging", "production"], description="Where it is copied from"),
        "rows": Param(1000, type="integer", minimum=1, maximum=1_000_000),
        "replace": Param(False, type="boolean", description="Replace what is there"),
    },
) as dag:
    PythonOperator(task_id="copy_table", python_callable=copy_table)
