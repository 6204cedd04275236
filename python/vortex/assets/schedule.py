"""Schedules of assets, alone or beside a time, as timetables."""

from __future__ import annotations

from typing import Any, Dict, Optional

from vortex.assets.asset import AssetAll, BaseAsset
from vortex.definitions.timetables import Timetable
from vortex.exceptions import AirflowTimetableInvalid


class AssetTriggeredTimetable(Timetable):
    """Runs when the assets were updated. What `schedule=[asset, ...]` means."""

    word = "Asset"

    def __init__(self, assets: Any) -> None:
        self.asset_condition = condition_of(assets)

    @property
    def description(self) -> str:  # type: ignore[override]
        return f"Triggered by {self.word.lower()}s"

    @property
    def summary(self) -> str:
        return self.word

    def spec(self) -> Optional[Dict[str, Any]]:
        return {"type": "null"}


class DatasetTriggeredTimetable(AssetTriggeredTimetable):
    """The same in the words of Airflow 2."""

    word = "Dataset"

    def __init__(self, datasets: Any) -> None:
        super().__init__(datasets)


class AssetOrTimeSchedule(AssetTriggeredTimetable):
    """Runs at the times of a timetable, and whenever the assets were updated. Raises AirflowTimetableInvalid for other arguments."""

    def __init__(self, *, timetable: Timetable, assets: Any) -> None:
        super().__init__(assets)
        if not isinstance(timetable, Timetable):
            raise AirflowTimetableInvalid(
                f"{type(self).__name__}: timetable must be a timetable, such as CronTriggerTimetable('0 3 * * *', timezone='UTC'), "
                f"not {timetable!r}."
            )
        self.timetable = timetable

    @property
    def description(self) -> str:  # type: ignore[override]
        return f"Triggered by {self.word.lower()}s or {self.timetable.description}"

    @property
    def summary(self) -> str:
        return f"{self.word} or {self.timetable.summary}"

    def spec(self) -> Optional[Dict[str, Any]]:
        return self.timetable.spec()


class DatasetOrTimeSchedule(AssetOrTimeSchedule):
    """The same in the words of Airflow 2."""

    word = "Dataset"

    def __init__(self, *, timetable: Timetable, datasets: Any) -> None:
        super().__init__(timetable=timetable, assets=datasets)


def condition_of(assets: Any) -> BaseAsset:
    """One asset or condition as it is; several mean all of them."""
    if isinstance(assets, BaseAsset):
        return assets
    items = list(assets) if isinstance(assets, (list, tuple, set, frozenset)) else [assets]
    if isinstance(assets, (set, frozenset)):
        # It has no order; the text of the DAG must not depend on hashing.
        items.sort(key=repr)
    for item in items:
        if not isinstance(item, BaseAsset):
            raise AirflowTimetableInvalid(f"a schedule of assets holds {item!r}, which is no asset, alias or condition of assets.")
    return AssetAll(*items)


def asset_timetable(schedule: Any, dialect: str) -> Optional[Timetable]:
    """The timetable of a `schedule=` that names assets; None if it names none. Raises AirflowTimetableInvalid for a mixed list."""
    several = isinstance(schedule, (list, tuple, set, frozenset))
    if not (isinstance(schedule, BaseAsset) or (several and any(isinstance(item, BaseAsset) for item in schedule))):
        return None
    return DatasetTriggeredTimetable(schedule) if dialect == "2" else AssetTriggeredTimetable(schedule)
