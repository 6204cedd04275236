/** Variables: searched and paged by the server; sensitive values are never shown. */
import { ActionIcon, Badge, Button, Text, UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconChevronRight, IconDownload, IconEyeOff, IconUpload, IconVariable } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Variable } from '#contract/admin.ts'
import { api } from '../../api/client.ts'
import { variablesQuery, variableUsesQuery } from '../../api/queries/admin.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { Instant } from '../../ui/Instant.tsx'
import { CreateButton, DeleteButton, EditButton } from './AdminButtons.tsx'
import classes from './Admin.module.css'
import { RoleGate } from './RoleGate.tsx'
import { SearchedList } from './SearchedList.tsx'
import { VariableDialog } from './VariableDialog.tsx'
import { exportVariables } from './variableFile.ts'
import { VariableImport } from './VariableImport.tsx'

const route = getRouteApi('/_app/admin/variables')
const text = strings.variables
const keyOf = ({ key }: Variable) => key

export function VariablesPage() {
  return (
    <RoleGate role="Operator">
      <Variables />
    </RoleGate>
  )
}

function Variables() {
  const { search = '', open } = route.useSearch()
  const navigate = route.useNavigate()
  const [edited, setEdited] = useState<Variable | 'new' | null>(null)
  const [isImporting, setImporting] = useState(false)
  return (
    <>
      <SearchedList
        text={text}
        list={useInfiniteQuery(variablesQuery(search))}
        search={search}
        onSearch={(next) => void navigate({ search: next === '' ? {} : { search: next }, replace: true })}
        actions={
          <>
            <ExportButton />
            <Button
              size="xs"
              variant="default"
              leftSection={<IconUpload size={15} />}
              onClick={() => {
                setImporting(true)
              }}
            >
              {text.import}
            </Button>
          </>
        }
        create={
          <CreateButton
            label={text.create}
            onClick={() => {
              setEdited('new')
            }}
          />
        }
        columns="28px minmax(160px, 1.2fr) minmax(180px, 2fr) 150px"
        head={['', text.columns.key, text.columns.value, text.columns.changed]}
        rowKey={keyOf}
        renderRow={(variable) => (
          <VariableRow
            variable={variable}
            isOpen={open === variable.key}
            onEdit={() => {
              setEdited(variable)
            }}
            onToggle={() =>
              void navigate({
                search: ({ open: _, ...before }) => (open === variable.key ? before : { ...before, open: variable.key }),
                replace: true,
              })
            }
          />
        )}
        emptyText={text.emptyText}
        icon={IconVariable}
      />
      {edited === null ? null : (
        <VariableDialog
          variable={edited === 'new' ? null : edited}
          onClose={() => {
            setEdited(null)
          }}
        />
      )}
      {isImporting ? (
        <VariableImport
          onClose={() => {
            setImporting(false)
          }}
        />
      ) : null}
    </>
  )
}

function ExportButton() {
  const exporting = useMutation({
    mutationFn: exportVariables,
    onSuccess: ({ exported, left }) => {
      tell(text.exported(exported, left))
    },
    onError: tellError,
  })
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconDownload size={15} />}
      loading={exporting.isPending}
      onClick={() => {
        exporting.mutate()
      }}
    >
      {text.export}
    </Button>
  )
}

interface VariableRowProps {
  variable: Variable
  isOpen: boolean
  onEdit: () => void
  onToggle: () => void
}

function VariableRow({ variable, isOpen, onEdit, onToggle }: VariableRowProps) {
  const { key, value, description } = variable
  return (
    <>
      <div role="cell" className={classes['hideNarrow']}>
        <ActionIcon size="sm" aria-label={text.show(key)} aria-expanded={isOpen} onClick={onToggle}>
          {isOpen ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
        </ActionIcon>
      </div>
      <div role="cell">
        <UnstyledButton className={classes['name']} aria-expanded={isOpen} onClick={onToggle}>
          {key}
        </UnstyledButton>
        {description === '' ? null : (
          <span className={`${classes['dim']} ${classes['clip']}`} title={description}>
            {description}
          </span>
        )}
      </div>
      <div role="cell" className={classes['wide']}>
        {value === null ? (
          <Badge variant="default" size="sm" tt="none" leftSection={<IconEyeOff size={12} />} title={text.hiddenHint}>
            {text.hidden}
          </Badge>
        ) : (
          <span className={`mono ${classes['clip']}`} title={value.slice(0, 500)}>
            {value.slice(0, 200)}
          </span>
        )}
      </div>
      <div role="cell" className={classes['wide']} data-label={text.columns.changed}>
        <Instant at={variable.updated_at} relative />
      </div>
      <div role="cell" className={classes['actions']}>
        <EditButton name={key} onClick={onEdit} />
        <DeleteButton
          name={key}
          question={{ title: text.deleteTitle(key), text: text.deleteText }}
          remove={() => api.deleteVariable({ params: { key } })}
          invalidates={queryKeys.variables}
        />
      </div>
      {isOpen ? (
        <div className={classes['below']} role="cell">
          <Uses name={key} />
        </div>
      ) : null}
    </>
  )
}

function Uses({ name }: { name: string }) {
  const { data } = useQuery(variableUsesQuery(name))
  if (data === undefined) return null
  if (data.files.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {text.usesNone}
      </Text>
    )
  return (
    <>
      <Text size="xs" c="dimmed">
        {text.usesHint}
      </Text>
      <ul className={classes['tasks']}>
        {data.files.map(({ file, dag_ids }) => (
          <li key={file}>
            <span className="mono">{file}</span>
            {dag_ids.map((dagId) => (
              <Link key={dagId} to="/dags/$dagId" params={{ dagId }}>
                {dagId}
              </Link>
            ))}
          </li>
        ))}
      </ul>
    </>
  )
}
