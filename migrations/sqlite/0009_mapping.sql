-- what: length of a returned value that tasks are mapped over, and the label of a mapped task instance
-- why: the number of instances of a mapped task must be known again after a restart
-- breaking: no

ALTER TABLE task_instances ADD COLUMN map_length INTEGER;
ALTER TABLE task_instances ADD COLUMN rendered_map_index TEXT;
