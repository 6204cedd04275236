"""What an author writes: DAGs, tasks, groups, dependencies, params, timetables. Declarations only; nothing here runs a task."""
