"""Where Airflow 2.4 to 3.x keeps assets and datasets: a part of table.py."""

from __future__ import annotations

from typing import Tuple

ASSET_NAMES: Tuple[Tuple[str, str], ...] = (
    (
        "vortex.assets.asset:Asset",
        "airflow airflow.sdk airflow.sdk.definitions.asset airflow.providers.common.compat.assets airflow.providers.common.compat.sdk",
    ),
    ("vortex.assets.asset:Dataset", "airflow airflow.datasets airflow.sdk.definitions.asset"),
    ("vortex.assets.asset:Model", "airflow airflow.sdk.definitions.asset"),
    ("vortex.assets.asset:DatasetAlias", "airflow.datasets"),
    ("vortex.assets.asset:DatasetAll", "airflow.datasets"),
    ("vortex.assets.asset:DatasetAny", "airflow.datasets"),
    (
        "vortex.assets.asset:AssetAlias",
        "airflow.sdk airflow.sdk.definitions.asset airflow.providers.common.compat.assets airflow.providers.common.compat.sdk",
    ),
    (
        "vortex.assets.asset:AssetAll",
        "airflow.sdk airflow.sdk.definitions.asset airflow.providers.common.compat.assets airflow.providers.common.compat.sdk",
    ),
    (
        "vortex.assets.asset:AssetAny",
        "airflow.sdk airflow.sdk.definitions.asset airflow.providers.common.compat.assets airflow.providers.common.compat.sdk",
    ),
    ("vortex.assets.asset:BaseAsset", "airflow.sdk.definitions.asset"),
    ("vortex.assets.asset:AssetRef", "airflow.sdk.definitions.asset"),
    ("vortex.assets.asset:AssetNameRef", "airflow.sdk.definitions.asset"),
    ("vortex.assets.asset:AssetUriRef", "airflow.sdk.definitions.asset"),
    ("vortex.assets.asset:AssetWatcher", "airflow.sdk airflow.sdk.definitions.asset airflow.providers.common.compat.sdk"),
    ("vortex.assets.decorator:asset", "airflow.sdk airflow.sdk.definitions.asset.decorators"),
    (
        "vortex.assets.metadata:Metadata",
        "airflow.sdk airflow.datasets.metadata airflow.sdk.definitions.asset.metadata airflow.providers.common.compat.sdk",
    ),
    ("vortex.assets.schedule:AssetOrTimeSchedule", "airflow.timetables.assets airflow.sdk airflow.sdk.definitions.timetables.assets"),
    ("vortex.assets.schedule:DatasetOrTimeSchedule", "airflow.timetables.datasets"),
    ("vortex.assets.schedule:AssetTriggeredTimetable", "airflow.timetables.simple airflow.sdk.definitions.timetables.assets"),
    ("vortex.assets.schedule:DatasetTriggeredTimetable", "airflow.timetables.simple"),
)
