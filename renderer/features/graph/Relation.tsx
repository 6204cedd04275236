/** What the two colours of edges around the selected task mean, with how many tasks lie each way. */
import { strings } from '../../strings.ts'
import classes from './DagGraph.module.css'
import type { GraphModel } from './model.ts'
import { DOWNSTREAM_COLOR, UPSTREAM_COLOR } from './palette.ts'
import type { Related } from './related.ts'

export function Relation({ id, related, model }: { id: string; related: Related; model: GraphModel }) {
  const tasks = (ids: ReadonlySet<string>) => model.nodes.reduce((sum, { id, task_ids }) => sum + (ids.has(id) ? task_ids.length : 0), 0)
  return (
    <div className={classes['relation']} role="status">
      <b className="ellipsis">{model.nodes.find((node) => node.id === id)?.label}</b>
      <span>
        <i style={{ color: UPSTREAM_COLOR }} />
        {strings.graph.upstream(tasks(related.upstream))}
      </span>
      <span>
        <i style={{ color: DOWNSTREAM_COLOR }} />
        {strings.graph.downstream(tasks(related.downstream))}
      </span>
    </div>
  )
}
