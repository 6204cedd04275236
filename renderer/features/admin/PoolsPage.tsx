/** Pools: slots used and awaited, by which tasks; making, changing and deleting them. */
import { ActionIcon, Button, Group, NumberInput, Progress, Switch, Textarea, TextInput } from '@mantine/core'
import { IconChevronDown, IconChevronRight, IconSwimming } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import type { Pool } from '#contract/admin.ts'
import { api } from '../../api/client.ts'
import { poolsQuery, poolTasksQuery } from '../../api/queries/admin.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { useMayOperate } from '../session/index.ts'
import { PageHeader } from '../shell/index.ts'
import { CreateButton, DeleteButton, EditButton } from './AdminButtons.tsx'
import { AdminList } from './AdminList.tsx'
import classes from './Admin.module.css'
import { FormDialog } from './FormDialog.tsx'
import { LiveTaskList } from './LiveTaskList.tsx'

const route = getRouteApi('/_app/admin/pools')
const text = strings.pools
const DEFAULT_POOL = 'default_pool'
const SLOTS_MAX = 1_000_000

export function PoolsPage() {
  const { open } = route.useSearch()
  const navigate = route.useNavigate()
  const pools = useQuery(poolsQuery)
  const mayOperate = useMayOperate()
  const [edited, setEdited] = useState<Pool | 'new' | null>(null)
  return (
    <>
      <PageHeader
        title={text.title}
        actions={
          mayOperate ? (
            <CreateButton
              label={text.create}
              onClick={() => {
                setEdited('new')
              }}
            />
          ) : undefined
        }
      />
      <div className={classes['head']} />
      <AdminList
        label={text.title}
        columns="28px minmax(150px, 1.2fr) minmax(180px, 1.3fr) 110px minmax(120px, 2fr)"
        head={['', text.columns.pool, text.columns.used, text.columns.waiting, strings.admin.columns.description]}
        rows={pools.data?.pools}
        error={pools.error}
        onRetry={() => void pools.refetch()}
        rowKey={({ name }) => name}
        renderRow={(pool) => (
          <PoolRow
            pool={pool}
            isOpen={open === pool.name}
            mayOperate={mayOperate}
            onEdit={() => {
              setEdited(pool)
            }}
            onToggle={() => void navigate({ search: open === pool.name ? {} : { open: pool.name }, replace: true })}
          />
        )}
        empty={{ title: text.empty, text: text.emptyText, icon: IconSwimming }}
      />
      {edited === null ? null : (
        <PoolDialog
          pool={edited === 'new' ? null : edited}
          onClose={() => {
            setEdited(null)
          }}
        />
      )}
    </>
  )
}

interface PoolRowProps {
  pool: Pool
  isOpen: boolean
  mayOperate: boolean
  onEdit: () => void
  onToggle: () => void
}

function PoolRow({ pool, isOpen, mayOperate, onEdit, onToggle }: PoolRowProps) {
  const { name, slots, occupied_slots, running_slots, queued_slots, waiting } = pool
  const words = isOpen ? strings.admin.hide(name) : strings.admin.show(name)
  return (
    <>
      <div role="cell" className={classes['hideNarrow']}>
        <ActionIcon size="sm" aria-label={words} aria-expanded={isOpen} onClick={onToggle}>
          {isOpen ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
        </ActionIcon>
      </div>
      <div role="cell" className={classes['name']}>
        {name}
      </div>
      <div role="cell" className={`${classes['load']} ${classes['wide']}`}>
        <SlotsBar pool={pool} />
        <span className={`tabular ${classes['used']}`} title={text.usedHint(running_slots, queued_slots)}>
          {text.used(occupied_slots, slots < 0 ? strings.admin.unlimited : slots.toLocaleString('en'))}
        </span>
      </div>
      <div role="cell" className={classes['wide']} data-label={text.columns.waiting}>
        {waiting === 0 ? (
          <span className={classes['dim']}>{text.waiting(0)}</span>
        ) : (
          <Button
            size="compact-xs"
            variant="subtle"
            color="orange"
            ml={-8}
            aria-expanded={isOpen}
            aria-label={`${text.columns.waiting}: ${text.waiting(waiting)}`}
            onClick={onToggle}
          >
            {text.waiting(waiting)}
          </Button>
        )}
      </div>
      <div role="cell" className={`${classes['dim']} ${classes['wide']}`}>
        <span className={classes['clip']} title={pool.description}>
          {pool.description}
        </span>
      </div>
      <div role="cell" className={classes['actions']}>
        {mayOperate ? (
          <>
            <EditButton name={name} onClick={onEdit} />
            <DeleteButton
              name={name}
              question={{ title: text.deleteTitle(name), text: text.deleteText(occupied_slots, waiting) }}
              remove={() => api.deletePool({ params: { name } })}
              invalidates={queryKeys.pools}
              staysBecause={name === DEFAULT_POOL ? text.defaultStays : null}
            />
          </>
        ) : null}
      </div>
      {isOpen ? (
        <div className={classes['below']} role="cell">
          <PoolTasks name={name} />
        </div>
      ) : null}
    </>
  )
}

function PoolTasks({ name }: { name: string }) {
  return <LiveTaskList query={useQuery(poolTasksQuery(name))} empty={text.noTasks} of="pool" />
}

/** Running and queued parts of the slots; the numbers stand beside it. */
function SlotsBar({ pool: { slots, running_slots, queued_slots, occupied_slots } }: { pool: Pool }) {
  const share = (part: number) => (slots <= 0 ? 0 : (part / Math.max(slots, occupied_slots)) * 100)
  return (
    <Progress.Root size="sm" flex={1} miw={60} aria-hidden>
      <Progress.Section value={share(running_slots)} color="var(--state-running-fill)" />
      <Progress.Section value={share(queued_slots)} color="var(--state-queued-fill)" />
      <Progress.Section value={share(occupied_slots - running_slots - queued_slots)} color="var(--state-deferred-fill)" />
    </Progress.Root>
  )
}

function PoolDialog({ pool, onClose }: { pool: Pool | null; onClose: () => void }) {
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [slots, setSlots] = useState<number | string>(pool?.slots ?? 16)
  const [description, setDescription] = useState(pool?.description ?? '')
  const [include_deferred, setIncludeDeferred] = useState(pool?.include_deferred ?? false)
  const count = Number(slots)
  const isCount = slots !== '' && Number.isInteger(count) && count >= -1 && count <= SLOTS_MAX
  return (
    <FormDialog
      title={pool === null ? text.create : strings.admin.edit(pool.name)}
      submit={pool === null ? strings.admin.create : strings.admin.save}
      fields={['name', 'slots', 'description']}
      check={() => ({
        ...(pool === null && name.trim() === '' ? { name: strings.admin.needed } : {}),
        ...(isCount ? {} : { slots: text.slotsWrong }),
      })}
      save={() => {
        const body = { slots: count, description, include_deferred }
        return pool === null
          ? api.createPool({ body: { name: name.trim(), ...body } })
          : api.updatePool({ params: { name: pool.name }, body })
      }}
      onSaved={() => {
        void client.invalidateQueries({ queryKey: queryKeys.pools })
        onClose()
      }}
      onClose={onClose}
    >
      {(errors) => (
        <>
          {pool === null ? (
            <TextInput
              data-autofocus
              required
              label={text.name}
              description={text.nameHint}
              maxLength={250}
              value={name}
              error={errors['name']}
              onChange={(event) => {
                setName(event.currentTarget.value)
              }}
            />
          ) : null}
          <NumberInput
            {...(pool === null ? {} : { 'data-autofocus': true })}
            required
            label={text.slots}
            description={text.slotsHint}
            min={-1}
            max={SLOTS_MAX}
            clampBehavior="none"
            allowDecimal={false}
            value={slots}
            error={errors['slots']}
            onChange={setSlots}
          />
          <Textarea
            label={text.description}
            autosize
            minRows={1}
            maxLength={2000}
            value={description}
            error={errors['description']}
            onChange={(event) => {
              setDescription(event.currentTarget.value)
            }}
          />
          <Group>
            <Switch
              label={text.includeDeferred}
              checked={include_deferred}
              onChange={(event) => {
                setIncludeDeferred(event.currentTarget.checked)
              }}
            />
          </Group>
        </>
      )}
    </FormDialog>
  )
}
