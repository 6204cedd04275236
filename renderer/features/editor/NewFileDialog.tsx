/** A new DAG file from a template: opens the editor with it; nothing is written before it is saved. */
import { Button, Group, Radio, Stack, Text, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { filePathProblem } from '#contract/dagFileNames.ts'
import { strings } from '../../strings.ts'
import { pathFor, TEMPLATES, templateFor } from './templates.ts'
import { Dialog } from '../../ui/Dialog.tsx'

export function NewFileDialog({ onClose }: { onClose: () => void }) {
  const text = strings.newFile
  const navigate = useNavigate()
  const [template, setTemplate] = useState(TEMPLATES[0]?.id ?? '')
  const [path, setPath] = useState('my_dag.py')
  const chosen = TEMPLATES.find(({ id }) => id === template)
  const full = pathFor(chosen, path)
  const problem = filePathProblem(full)
  return (
    <Dialog onClose={onClose} title={text.title}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (problem !== null) return
          onClose()
          void navigate({ to: '/files/$', params: { _splat: full }, search: { template } })
        }}
      >
        <Stack gap="md">
          <TextInput
            data-autofocus
            label={text.path}
            description={text.pathHint}
            value={path}
            error={path === '' ? null : problem}
            onChange={(event) => {
              const typed = event.currentTarget.value
              setPath(typed)
              setTemplate((before) => templateFor(before, typed))
            }}
          />
          <Radio.Group
            label={text.template}
            value={template}
            onChange={(id) => {
              setTemplate(id)
              const next = TEMPLATES.find((each) => each.id === id)
              if (path !== '') setPath((before) => pathFor(next, before))
            }}
          >
            <Stack gap={6} mt={6}>
              {TEMPLATES.map((each) => (
                <Radio key={each.id} value={each.id} label={each.title} description={each.lead} />
              ))}
            </Stack>
          </Radio.Group>
          <Group justify="space-between">
            <Text size="xs" c="dimmed">
              {text.hint}
            </Text>
            <Button type="submit" disabled={problem !== null}>
              {text.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
