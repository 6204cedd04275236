-- what: more than half of each new page of task_instances and attempts stays free
-- why: every row is written again soon, and a little longer; with room on its own page no index is touched (HOT), and no row moves
-- breaking: no
ALTER TABLE task_instances SET (fillfactor = 45);
ALTER TABLE attempts SET (fillfactor = 45);
