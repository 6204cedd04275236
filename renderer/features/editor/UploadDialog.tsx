/** Uploads dropped or chosen files: the folder is asked, an existing file only replaced by choice, each file says how it ended. */
import { Button, Group, Loader, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconFile } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { queryKeys } from '../../api/queryKeys.ts'
import { formatBytes } from '../../lib/format.ts'
import { strings } from '../../strings.ts'
import { pathOf, refusal, upload, type Upload, type UploadState } from './uploads.ts'
import classes from './FilesPage.module.css'
import { Dialog } from '../../ui/Dialog.tsx'

export function UploadDialog({ files, onClose }: { files: readonly File[]; onClose: () => void }) {
  const text = strings.uploadDialog
  const client = useQueryClient()
  const [folder, setFolder] = useState('')
  const [items, setItems] = useState<Upload[]>(() => files.map((file) => ({ name: file.name, file, state: { is: 'waiting' } })))
  const [isStarted, setStarted] = useState(false)
  const put = (at: number, state: UploadState) => {
    setItems((before) => before.map((item, index) => (index === at ? { ...item, state } : item)))
  }
  const run = async (at: number, over: string | null) => {
    const item = items[at]
    if (!item) return
    put(at, { is: 'running' })
    put(at, await upload(pathOf(folder, item.name), item.file, over))
  }
  const start = async () => {
    setStarted(true)
    // One after the other: the order is theirs, and the server's work is one file at a time.
    for (let at = 0; at < items.length; at += 1) await run(at, null)
    void client.invalidateQueries({ queryKey: queryKeys.dagFiles })
  }
  const existing = items.flatMap(({ state }, at) => (state.is === 'exists' ? [{ at, sha256: state.sha256 }] : []))
  const overwrite = async (wanted: readonly { at: number; sha256: string }[]) => {
    for (const { at, sha256 } of wanted) await run(at, sha256)
    void client.invalidateQueries({ queryKey: queryKeys.dagFiles })
  }
  return (
    <Dialog onClose={onClose} title={text.title}>
      <Stack gap="md">
        <TextInput
          label={text.folder}
          value={folder}
          disabled={isStarted}
          onChange={(event) => {
            setFolder(event.currentTarget.value)
          }}
        />
        <ul className={classes['uploads']}>
          {items.map((item, at) => (
            <li key={`${at} ${item.name}`}>
              <StateIcon state={item.state} />
              <span className={classes['uploadName']}>
                <span className="ellipsis" title={pathOf(folder, item.name)}>
                  {pathOf(folder, item.name)}
                </span>
                <Text size="xs" c="dimmed" component="span">
                  {isStarted ? wordsOf(item.state) : (refusal(pathOf(folder, item.name), item.file) ?? formatBytes(item.file.size))}
                </Text>
              </span>
              {item.state.is === 'exists' ? (
                <Group gap={6} wrap="nowrap">
                  <Button
                    size="compact-xs"
                    color="red"
                    variant="light"
                    onClick={() => void overwrite(existing.filter((one) => one.at === at))}
                  >
                    {text.overwrite}
                  </Button>
                  <Button
                    size="compact-xs"
                    variant="default"
                    onClick={() => {
                      put(at, { is: 'skipped' })
                    }}
                  >
                    {text.skip}
                  </Button>
                </Group>
              ) : item.state.is === 'created' || item.state.is === 'saved' || item.state.is === 'unchanged' ? (
                <Link to="/files/$" params={{ _splat: pathOf(folder, item.name) }} onClick={onClose}>
                  {text.open}
                </Link>
              ) : null}
            </li>
          ))}
        </ul>
        <Group justify="flex-end" gap="xs">
          {existing.length > 1 ? (
            <Button variant="light" color="red" onClick={() => void overwrite(existing)}>
              {text.overwriteAll}
            </Button>
          ) : null}
          {isStarted ? (
            <Button variant="default" onClick={onClose}>
              {text.done}
            </Button>
          ) : (
            <Button onClick={() => void start()}>{text.start(items.length)}</Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  )
}

function wordsOf(state: UploadState): string {
  return state.is === 'failed' ? state.reason : strings.uploadDialog[state.is]
}

function StateIcon({ state }: { state: UploadState }) {
  switch (state.is) {
    case 'waiting':
      return <IconFile size={18} aria-hidden />
    case 'running':
      return <Loader size={16} />
    case 'exists':
      return <IconAlertTriangle size={18} className={classes['odd']} aria-hidden />
    case 'failed':
      return <IconCircleX size={18} className={classes['bad']} aria-hidden />
    case 'created':
    case 'saved':
    case 'unchanged':
    case 'skipped':
      return <IconCircleCheck size={18} className={classes['good']} aria-hidden />
  }
}
