/** Every text that the UI shows, in one catalogue: a file per area in strings/, so that wording stays one and a translation is one folder. */
import { adminStrings } from './strings/admin.ts'
import { allRunsStrings } from './strings/allRuns.ts'
import { assetsStrings } from './strings/assets.ts'
import { compareRunsStrings } from './strings/compareRuns.ts'
import { connectionsStrings } from './strings/connections.ts'
import { dagStrings } from './strings/dag.ts'
import { dagTasksStrings } from './strings/dagTasks.ts'
import { dagsStrings } from './strings/dags.ts'
import { ganttStrings } from './strings/gantt.ts'
import { editorStrings } from './strings/editor.ts'
import { graphStrings } from './strings/graph.ts'
import { gridStrings } from './strings/grid.ts'
import { homeStrings } from './strings/home.ts'
import { logsStrings } from './strings/logs.ts'
import { insightsStrings } from './strings/insights.ts'
import { pluginsStrings } from './strings/plugins.ts'
import { runPageStrings } from './strings/runPage.ts'
import { runsStrings } from './strings/runs.ts'
import { scheduleStrings } from './strings/schedule.ts'
import { shellStrings } from './strings/shell.ts'
import { statesStrings } from './strings/states.ts'
import { taskViewsStrings } from './strings/taskViews.ts'
import { tasksStrings } from './strings/tasks.ts'
import { triggerStrings } from './strings/trigger.ts'

export const strings = {
  ...adminStrings,
  ...allRunsStrings,
  ...assetsStrings,
  ...compareRunsStrings,
  ...connectionsStrings,
  ...dagStrings,
  ...dagTasksStrings,
  ...dagsStrings,
  ...ganttStrings,
  ...editorStrings,
  ...graphStrings,
  ...gridStrings,
  ...homeStrings,
  ...logsStrings,
  ...insightsStrings,
  ...pluginsStrings,
  ...runPageStrings,
  ...runsStrings,
  ...scheduleStrings,
  ...shellStrings,
  ...statesStrings,
  ...taskViewsStrings,
  ...tasksStrings,
  ...triggerStrings,
}
