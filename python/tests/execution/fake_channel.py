"""A controller in memory for tests of attempts: keeps what is pushed and answers what is asked, by the protocol's own rules."""
from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from memory_runs import MemoryRuns


class MemoryController:
    def __init__(self) -> None:
        # (task_id, map_index, key) -> JSON text, oldest first.
        self.xcoms: Dict[Any, str] = {}
        self.variables: Dict[str, str] = {}
        # Their fields, by id.
        self.connections: Dict[str, Dict[str, Any]] = {}
        # Events of assets, oldest first.
        self.asset_events: List[Dict[str, Any]] = []
        self.masked: List[str] = []
        self.requests: List[Any] = []
        self.runs = MemoryRuns()
        self.on_terminate: Optional[Any] = None
        # What attempts told beside results: word -> fields of the last one.
        self.told: Dict[str, Any] = {}

    def tell(self, word: str, **fields: Any) -> None:
        self.told[word] = fields

    def put(self, task_id: str, value: Any, key: str = "return_value", map_index: int = -1) -> None:
        self.xcoms[(task_id, map_index, key)] = json.dumps(value)

    def push_xcom(self, key: str, value_json: str) -> None:
        json.loads(value_json)
        self.xcoms[("pushed", -1, key)] = value_json

    def pushed(self) -> Dict[str, Any]:
        return {key: json.loads(text) for (task_id, _, key), text in self.xcoms.items() if task_id == "pushed"}

    def request(self, method: str, params: Dict[str, Any]) -> Any:
        self.requests.append((method, params))
        if method == "xcom.get":
            wanted, indexes = params["task_ids"], params["map_indexes"]
            return [
                {"task_id": task_id, "map_index": map_index, "value_json": text}
                for (task_id, map_index, key), text in self.xcoms.items()
                if key == params["key"] and (not wanted or task_id in wanted) and (indexes is None or map_index in indexes) and task_id != "pushed"
            ]
        if method == "xcom.item":
            return self._item(params["task_id"], params["index"])
        if method == "variable.get":
            value = self.variables.get(params["key"])
            return None if value is None else {"value": value}
        if method == "connection.get":
            found = self.connections.get(params["conn_id"])
            return None if found is None else {"connection": found}
        if method == "asset.events":
            wanted = {name: params[name] for name in ("name", "uri", "alias") if params[name] is not None}
            assert wanted, "name, uri or alias must be given"
            return [event for event in self.asset_events if all(event[name] == text for name, text in wanted.items())][-params["limit"] :]
        if method == "mask":
            self.masked.extend(params["values"])
            text = params.get("text")
            for value in self.masked if text else ():
                text = text.replace(value, "***")
            return text
        if method == "variable.set":
            self.variables[params["key"]] = params["value"]
            return None
        if method == "variable.delete":
            return self.variables.pop(params["key"], None) is not None
        if method.partition(".")[0] in ("run", "task", "dag"):
            return self.runs.answer(method, params)
        raise AssertionError(f"unexpected question {method}")

    def _item(self, task_id: str, index: int) -> Any:
        """As server/swarm/xcomItems.ts answers."""
        rows = sorted((map_index, text) for (task, map_index, key), text in self.xcoms.items() if (task, key) == (task_id, "return_value"))
        if not rows:
            return None
        texts = [text for _, text in rows]
        if rows[0][0] < 0 and len(rows) == 1:
            items = json.loads(texts[0])
            if not isinstance(items, list):
                return None
            texts = [json.dumps(item) for item in items]
        return {"length": len(texts), "value_json": texts[index % len(texts)]} if texts else None
