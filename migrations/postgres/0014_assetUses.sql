-- what: which assets each DAG waits for, updates and reads; who recorded an event by hand
-- why: assets are listed with their producers and consumers without reading the specs of all DAGs
-- breaking: no

-- No table of assets: an asset is what a newest version names or an event is of, and a list of its own would have to follow both.
-- The engine writes these where it takes a DAG into memory, so those of before come with the next start.
ALTER TABLE dags ADD COLUMN asset_uses json NOT NULL DEFAULT '[]';
ALTER TABLE dags ADD COLUMN asset_schedule text;
ALTER TABLE asset_events ADD COLUMN created_by text;
