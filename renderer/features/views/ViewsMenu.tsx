/** Saved views of a page: its address behind the question mark, kept under a name for whoever is signed in. */
import { ActionIcon, Button, Popover, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconBookmark, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter, useRouterState } from '@tanstack/react-router'
import { useState } from 'react'
import type { SavedView, ViewPage } from '#contract/overview.ts'
import { api } from '../../api/client.ts'
import { viewsQuery } from '../../api/queries/home.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import classes from './ViewsMenu.module.css'

const text = strings.views

/** `isPlain`: the page is as it opens, so there is nothing to save. */
export function ViewsMenu({ page, isPlain }: { page: ViewPage; isPlain: boolean }) {
  const client = useQueryClient()
  const router = useRouter()
  const current = useRouterState({ select: (state) => state.location.searchStr })
  const views = useQuery(viewsQuery).data?.data.filter((view) => view.page === page) ?? []
  const [isOpen, { toggle, close }] = useDisclosure(false)
  const [name, setName] = useState('')
  const read = () => client.invalidateQueries({ queryKey: queryKeys.views })
  const save = useMutation({
    mutationFn: (view: SavedView) => api.saveView({ body: view }),
    onSuccess: async (view) => {
      await read()
      setName('')
      tell(text.saved(view.name))
    },
    onError: tellError,
  })
  const remove = useMutation({
    mutationFn: (view: SavedView) => api.deleteView({ params: { page, name: view.name } }),
    onSuccess: read,
    onError: tellError,
  })
  const shown = views.find((view) => view.search === current)
  return (
    <Popover opened={isOpen} onChange={close} width={300} position="bottom-end" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          ml="auto"
          leftSection={<IconBookmark size={14} />}
          onClick={toggle}
          aria-expanded={isOpen}
          maw={220}
        >
          <span className="ellipsis">{shown?.name ?? text.title}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={text.title}>
        <Stack gap="xs">
          {views.length === 0 ? (
            <Text size="sm" c="dimmed">
              {text.none}
            </Text>
          ) : (
            <ul className={classes['views']}>
              {views.map((view) => (
                <li key={view.name} data-shown={view === shown || undefined}>
                  <button
                    type="button"
                    className="ellipsis"
                    title={view.name}
                    onClick={() => {
                      close()
                      router.history.push(`/${page}${view.search}`)
                    }}
                  >
                    {view.name}
                  </button>
                  <ActionIcon
                    size="sm"
                    aria-label={text.remove(view.name)}
                    onClick={() => {
                      remove.mutate(view)
                    }}
                  >
                    <IconTrash size={14} />
                  </ActionIcon>
                </li>
              ))}
            </ul>
          )}
          {isPlain ? null : (
            <form
              className={classes['save']}
              onSubmit={(event) => {
                event.preventDefault()
                if (name.trim() !== '') save.mutate({ page, name: name.trim(), search: current })
              }}
            >
              <TextInput
                size="xs"
                maxLength={100}
                aria-label={text.name}
                placeholder={text.name}
                value={name}
                data-autofocus
                onChange={(event) => {
                  setName(event.currentTarget.value)
                }}
              />
              <Button type="submit" size="xs" loading={save.isPending} disabled={name.trim() === ''}>
                {text.save}
              </Button>
            </form>
          )}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
