/** Where a conf can come from: the defaults, recent runs of the DAG, presets kept in this browser. */
import { ActionIcon, Button, Group, Menu, Popover, Text, TextInput } from '@mantine/core'
import { IconBookmark, IconBookmarkPlus, IconChevronDown, IconHistory, IconRestore, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { DagDetail } from '#contract/dag.ts'
import type { DagRun } from '#contract/dagRun.ts'
import { api } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { serverNow } from '../../lib/serverClock.ts'
import { formatRelative } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { tellError } from '../../ui/act.ts'
import { useMe } from '../session/index.ts'
import { defaultsOf, type Conf } from './conf.ts'
import { usePresets } from './presets.ts'
import classes from './TriggerForm.module.css'

const text = strings.trigger
/** Newest runs that are looked at, and different confs of them that are offered. */
const RUNS_READ = 50
const CONFS_SHOWN = 8

interface FillMenuProps {
  dag: DagDetail
  /** What the form holds now; null = it cannot be read. */
  conf: Conf | null
  onFill: (conf: Conf, from: string) => void
}

export function FillMenu({ dag, conf, onFill }: FillMenuProps) {
  const username = useMe()?.username ?? ''
  const { presets, save, remove } = usePresets(username, dag.id)
  const [isOpen, setOpen] = useState(false)
  const [isNaming, setNaming] = useState(false)
  const recent = useQuery({
    queryKey: queryKeys.runConfs(dag.id),
    queryFn: async () => distinctConfs((await api.listRuns({ params: { dag_id: dag.id }, query: { limit: RUNS_READ } })).data),
    enabled: isOpen,
    staleTime: 0,
  })
  return (
    <Popover opened={isNaming} onChange={setNaming} position="bottom-end" trapFocus withinPortal>
      <Menu opened={isOpen} onChange={setOpen} width={340} classNames={{ itemLabel: classes['item'] ?? '' }}>
        <Menu.Target>
          <Popover.Target>
            <Button size="xs" variant="default" rightSection={<IconChevronDown size={14} />}>
              {text.fill}
            </Button>
          </Popover.Target>
        </Menu.Target>
        <Menu.Dropdown mah={420} style={{ overflowY: 'auto' }}>
          <Menu.Item
            leftSection={<IconRestore size={16} />}
            onClick={() => {
              onFill(defaultsOf(dag), text.defaults)
            }}
          >
            {text.fillDefaults}
          </Menu.Item>
          <Menu.Label>{text.fillRuns}</Menu.Label>
          {recent.data?.length === 0 ? <Menu.Item disabled>{text.fillNoRuns}</Menu.Item> : null}
          {recent.data?.map((run) => (
            <Menu.Item
              key={run.run_id}
              leftSection={<IconHistory size={16} />}
              onClick={() => {
                void confOf(run).then((found) => {
                  onFill(found, text.run(run.run_id))
                }, tellError)
              }}
            >
              <Text size="sm" truncate>
                {run.run_id}
              </Text>
              <Text size="xs" c="dimmed" truncate className="mono">
                {formatRelative(run.queued_time, serverNow())} · {run.conf === null ? text.fillLarge : JSON.stringify(run.conf)}
              </Text>
            </Menu.Item>
          ))}
          <Menu.Label>{text.fillPresets}</Menu.Label>
          {presets.map((preset) => (
            <Group key={preset.name} gap={2} wrap="nowrap">
              <Menu.Item
                leftSection={<IconBookmark size={16} />}
                onClick={() => {
                  onFill(preset.conf, text.preset(preset.name))
                }}
              >
                <Text size="sm" truncate>
                  {preset.name}
                </Text>
              </Menu.Item>
              <ActionIcon
                aria-label={text.presetRemove(preset.name)}
                onClick={() => {
                  remove(preset.name)
                }}
              >
                <IconTrash size={15} />
              </ActionIcon>
            </Group>
          ))}
          <Menu.Item
            leftSection={<IconBookmarkPlus size={16} />}
            disabled={conf === null}
            onClick={() => {
              setNaming(true)
            }}
          >
            {text.savePreset}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Popover.Dropdown>
        <PresetName
          onSave={(name) => {
            if (conf !== null) save(name, conf)
            setNaming(false)
          }}
        />
      </Popover.Dropdown>
    </Popover>
  )
}

/** A form of its own would lie within the dialog's: Enter is caught here. */
function PresetName({ onSave }: { onSave: (name: string) => void }) {
  const [name, setName] = useState('')
  const isEmpty = name.trim() === ''
  return (
    <Group gap="xs" align="end" wrap="nowrap">
      <TextInput
        data-autofocus
        size="xs"
        label={text.presetName}
        maxLength={80}
        value={name}
        onChange={(event) => {
          setName(event.currentTarget.value)
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          if (!isEmpty) onSave(name.trim())
        }}
      />
      <Button
        size="xs"
        disabled={isEmpty}
        onClick={() => {
          onSave(name.trim())
        }}
      >
        {text.presetSave}
      </Button>
    </Group>
  )
}

/** Lists leave large confs out. */
const confOf = async ({ dag_id, run_id, conf }: DagRun): Promise<Conf> =>
  (conf ?? (await api.getRun({ params: { dag_id, run_id } })).conf) as Conf

/** The newest run of each different conf; empty ones are the defaults. Large ones are taken as different. */
function distinctConfs(runs: readonly DagRun[]): DagRun[] {
  const seen = new Map<string, DagRun>()
  for (const run of runs) {
    const key = run.conf === null ? run.run_id : JSON.stringify(run.conf)
    if (key !== '{}' && !seen.has(key)) seen.set(key, run)
  }
  return [...seen.values()].slice(0, CONFS_SHOWN)
}
