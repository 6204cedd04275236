/** One line for each of the slowest tasks; values far from the usual are ringed. */
import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { Durations } from '#contract/insights.ts'
import { formatDuration } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { AXIS, AXIS_WIDTH, axisDuration, durationTicks, GRID, lineLook, MARGIN, SYNC } from './chartLook.ts'
import classes from './Durations.module.css'
import { outliers } from './model.ts'

interface TaskChartProps {
  durations: Durations
  /** Places of the runs that are drawn, in `durations.runs`. */
  shown: readonly number[]
  hidden: ReadonlySet<string>
  shortDateOf: (run: Durations['runs'][number]) => string
  onOpen: (run: Durations['runs'][number]) => void
}

export function TaskChart({ durations, shown, hidden, shortDateOf, onOpen }: TaskChartProps) {
  const text = strings.durations
  const lines = durations.tasks.map((task, index) => {
    const points = shown.map((at) => task.points[at] ?? null)
    return { task, points, odd: outliers(points), look: lineLook(index) }
  })
  const visible = lines.filter(({ task }) => !hidden.has(task.task_id))
  const runs = shown.flatMap((at) => durations.runs[at] ?? [])
  const ticks = durationTicks(
    visible.reduce((most, { points }) => points.reduce((longest: number, ms) => Math.max(longest, ms ?? 0), most), 0),
  )
  const rows = runs.map((run, index) => ({ run, values: visible.map(({ points }) => points[index] ?? null) }))
  return (
    <ResponsiveContainer width="100%" height={240}>
      <LineChart
        data={rows}
        margin={MARGIN}
        syncId={SYNC}
        title={text.tasksOnly}
        onClick={({ activeTooltipIndex }) => {
          const run = runs[Number(activeTooltipIndex)]
          if (run) onOpen(run)
        }}
      >
        <CartesianGrid {...GRID} />
        <XAxis {...AXIS} dataKey={(row: (typeof rows)[number]) => shortDateOf(row.run)} minTickGap={28} padding={{ left: 8, right: 8 }} />
        <YAxis {...AXIS} width={AXIS_WIDTH} ticks={ticks} domain={[0, ticks.at(-1) ?? 0]} tickFormatter={axisDuration} />
        <Tooltip
          cursor={{ stroke: 'var(--line-strong)' }}
          isAnimationActive={false}
          content={({ active, payload, label }) => {
            const row = payload[0]?.payload as (typeof rows)[number] | undefined
            const at = row ? rows.indexOf(row) : -1
            return active && row ? (
              <div className={classes['tip']}>
                <strong>{row.run.run_id}</strong>
                <div>{label}</div>
                {visible.map(({ task, points, odd, look }) => (
                  <div key={task.task_id} className={classes['tipLine']}>
                    <i style={{ background: look.color }} />
                    <span className="ellipsis">{task.task_id}</span>
                    <b className="tabular">{points[at] == null ? strings.time.never : formatDuration(points[at])}</b>
                    {odd.has(at) ? <em>{text.outlier}</em> : null}
                  </div>
                ))}
              </div>
            ) : null
          }}
        />
        {visible.map(({ task, odd, look }, index) => (
          <Line
            key={task.task_id}
            dataKey={(row: (typeof rows)[number]) => row.values[index] ?? null}
            name={task.task_id}
            stroke={look.color}
            strokeDasharray={look.dash}
            strokeWidth={1.8}
            connectNulls
            isAnimationActive={false}
            activeDot={{ r: 4 }}
            dot={({ cx, cy, index: at }: { cx?: number; cy?: number; index?: number }) =>
              at !== undefined && odd.has(at) && cx !== undefined && cy !== undefined ? (
                <circle
                  key={at}
                  className={classes['odd']}
                  cx={cx}
                  cy={cy}
                  r={5}
                  stroke={look.color}
                  fill="var(--page)"
                  strokeWidth={2.5}
                  data-outlier={task.task_id}
                />
              ) : (
                <g key={at} />
              )
            }
          />
        ))}
      </LineChart>
    </ResponsiveContainer>
  )
}
