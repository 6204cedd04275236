"""Calls the function named like the task; its value becomes return_value."""
import json


def execute(job, loaded, channel):
    function = getattr(loaded, job["task_id"])
    try:
        value = function(job, channel)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
        if code:
            return {"outcome": "failed", "exit_code": code, "reason": f"sys.exit({code})", "reason_code": "exception"}
        value = None
    xcoms = [] if value is None else [{"key": "return_value", "value_json": json.dumps(value)}]
    return {"outcome": "success", "xcoms": xcoms}
