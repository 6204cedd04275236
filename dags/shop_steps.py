"""Functions that shop_factory.yaml names. Only they are Python; which of them runs when is said there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Iterable, List

SHOPS = ("berlin", "hamburg", "munich")


def shops() -> List[str]:
    """The shops of this run: `load` is mapped over them."""
    return list(SHOPS)


def load(shop: str, folder: str, day: str) -> int:
    """Writes the orders of one shop, and returns how many there were."""
    orders = [{"shop": shop, "day": day, "order": number} for number in range(len(shop))]
    Path(folder, f"{shop}.json").write_text(json.dumps(orders), encoding="utf-8")
    return len(orders)


def publish(counts: Iterable[int]) -> int:
    """Adds up what `load` counted."""
    total = sum(counts)
    print(f"{total} orders were published")
    return total
