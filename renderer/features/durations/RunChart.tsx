/** Runs as bars: what each waited below, what it ran above in the colour of its state. */
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis, type BarShapeProps } from 'recharts'
import { formatDuration } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { StateIcon, stateWord } from '../../ui/StateBadge.tsx'
import { stateFill } from '../../ui/stateColors.ts'
import { AXIS, AXIS_WIDTH, axisDuration, durationTicks, GRID, MARGIN, SYNC } from './chartLook.ts'
import classes from './Durations.module.css'
import type { RunPoint } from './model.ts'

interface RunChartProps {
  points: readonly RunPoint[]
  dateOf: (point: RunPoint) => string
  shortDateOf: (point: RunPoint) => string
  onOpen: (point: RunPoint) => void
}

export function RunChart({ points, dateOf, shortDateOf, onOpen }: RunChartProps) {
  const text = strings.durations
  const ticks = durationTicks(points.reduce((most, { queued_ms, ran_ms }) => Math.max(most, queued_ms + ran_ms), 0))
  return (
    <ResponsiveContainer width="100%" height={180}>
      <BarChart
        data={[...points]}
        margin={MARGIN}
        syncId={SYNC}
        barCategoryGap="12%"
        title={text.runsTitle}
        onClick={({ activeTooltipIndex }) => {
          const point = points[Number(activeTooltipIndex)]
          if (point) onOpen(point)
        }}
      >
        <CartesianGrid {...GRID} />
        <XAxis {...AXIS} dataKey={shortDateOf} minTickGap={28} />
        <YAxis {...AXIS} width={AXIS_WIDTH} ticks={ticks} domain={[0, ticks.at(-1) ?? 0]} tickFormatter={axisDuration} />
        <Tooltip
          cursor={{ fill: 'var(--line)', opacity: 0.6 }}
          isAnimationActive={false}
          content={({ active, payload }) => {
            const point = payload[0]?.payload as RunPoint | undefined
            return active && point ? (
              <div className={classes['tip']}>
                <strong>{point.run.run_id}</strong>
                <div className={classes['tipLine']}>
                  <StateIcon state={point.run.state} size={14} /> {stateWord(point.run.state)}
                </div>
                <div>{dateOf(point)}</div>
                <div>
                  {text.ran} {formatDuration(point.ran_ms)}, {text.queued} {formatDuration(point.queued_ms)}
                </div>
              </div>
            ) : null
          }}
        />
        <Bar dataKey="queued_ms" stackId="run" fill="var(--line-strong)" isAnimationActive={false} name={text.queued} cursor="pointer" />
        <Bar dataKey="ran_ms" stackId="run" isAnimationActive={false} name={text.ran} shape={StateBar} cursor="pointer" />
      </BarChart>
    </ResponsiveContainer>
  )
}

function StateBar({ x, y, width, height, payload }: BarShapeProps) {
  const { run } = payload as RunPoint
  // A failed run is marked by more than its colour.
  return (
    <g>
      <rect x={x} y={y} width={width} height={Math.max(2, height)} fill={stateFill(run.state)} rx={Math.min(3, width / 3)} />
      {run.state === 'failed' ? <circle cx={x + width / 2} cy={y - 5} r={2.5} fill={stateFill('failed')} /> : null}
    </g>
  )
}
