-- what: the template fields of each attempt as they were rendered
-- why: a person who looks into a failure wants the very command that ran, not its template
-- breaking: no

CREATE TABLE rendered_fields (
  task_instance_id bigint NOT NULL,
  attempt integer NOT NULL,
  fields text NOT NULL,
  PRIMARY KEY (task_instance_id, attempt),
  FOREIGN KEY (task_instance_id, attempt) REFERENCES attempts (task_instance_id, attempt) ON DELETE CASCADE
);
