/** The actions of one run as a menu; those that its state does not allow are absent. */
import { ActionIcon, Menu } from '@mantine/core'
import { IconCheck, IconDots, IconEraser, IconPlayerPlay, IconPlayerStop, IconRefresh, IconTrash, IconX } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { DagRun } from '#contract/dagRun.ts'
import { strings } from '../../strings.ts'
import { ClearDialog } from '../clear/index.ts'
import { isActive, useRunActions } from './useRunActions.ts'

const text = strings.runs

interface RunMenuProps {
  run: DagRun
  onDeleted?: () => void
  disabled: boolean
}

/** The menu itself only once it is asked for: a list that scrolls makes a hundred of these buttons a second. */
export function RunMenu(props: RunMenuProps) {
  const [isWanted, setWanted] = useState(false)
  if (isWanted) return <OpenedMenu {...props} />
  return (
    <ActionIcon
      size="lg"
      aria-label={text.more(props.run.run_id)}
      aria-haspopup="menu"
      aria-expanded={false}
      disabled={props.disabled}
      onClick={() => {
        setWanted(true)
      }}
    >
      <IconDots size={18} />
    </ActionIcon>
  )
}

function OpenedMenu({ run, onDeleted, disabled }: RunMenuProps) {
  const actions = useRunActions(onDeleted)
  const [isClearing, setClearing] = useState(false)
  const active = isActive(run)
  const navigate = useNavigate()
  return (
    <>
      <Menu defaultOpened>
        <Menu.Target>
          <ActionIcon size="lg" aria-label={text.more(run.run_id)} disabled={disabled}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {active ? (
            <Menu.Item
              color="red"
              leftSection={<IconPlayerStop size={16} />}
              onClick={() => {
                actions.cancel(run)
              }}
            >
              {text.cancel}
            </Menu.Item>
          ) : null}
          {run.state === 'failed' ? (
            <Menu.Item
              leftSection={<IconRefresh size={16} />}
              onClick={() => {
                actions.retry(run)
              }}
            >
              {text.retry}
            </Menu.Item>
          ) : null}
          <Menu.Item
            leftSection={<IconEraser size={16} />}
            onClick={() => {
              setClearing(true)
            }}
          >
            {text.clear}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconPlayerPlay size={16} />}
            onClick={() =>
              void navigate({ to: '.', search: (before: object) => ({ ...before, trigger: run.dag_id, conf_of: run.run_id }) })
            }
          >
            {strings.trigger.again}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconCheck size={16} />}
            onClick={() => {
              actions.mark(run, 'success')
            }}
          >
            {text.markSuccess}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconX size={16} />}
            onClick={() => {
              actions.mark(run, 'failed')
            }}
          >
            {text.markFailed}
          </Menu.Item>
          {active ? null : (
            <>
              <Menu.Divider />
              <Menu.Item
                color="red"
                leftSection={<IconTrash size={16} />}
                onClick={() => {
                  actions.remove(run)
                }}
              >
                {text.delete}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {isClearing ? (
        <ClearDialog
          run={run}
          taskIds={[]}
          onClose={() => {
            setClearing(false)
          }}
        />
      ) : null}
    </>
  )
}
