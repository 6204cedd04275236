"""
Assets (datasets in Airflow 2): what tasks update, and what other DAGs wait for. A task that succeeds is an event of each of its
`outlets`; a DAG whose `schedule` names assets runs when they were updated.

Imported only by DAG files that name assets: a task host without them does without these modules.
Source of the rules: Airflow authoring-and-scheduling/assets and asset-scheduling.
"""

from __future__ import annotations

import sys


def are_in_use() -> bool:
    """Whether anything in this process has named an asset. As long as nothing has, no value can be one."""
    return "vortex.assets.asset" in sys.modules
