/** A DAG chosen by what is typed: Enter takes the first that fits, however late the server's answer comes. */
import { Combobox, ScrollArea, TextInput, useCombobox } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { dagIdsQuery } from '../../api/queries/schedule.ts'
import { strings } from '../../strings.ts'

const text = strings.trigger

export function DagPicker({ onPick }: { onPick: (dagId: string) => void }) {
  const [typed, setTyped] = useState('')
  const [search] = useDebouncedValue(typed.trim(), 200)
  const { data = [], isSuccess, isPlaceholderData } = useQuery(dagIdsQuery(search))
  const isCurrent = search === typed.trim() && isSuccess && !isPlaceholderData
  // An older answer may offer only what still fits: Enter must never take something else than what is written.
  const offered = isCurrent ? data : data.filter((dagId) => dagId.toLowerCase().includes(typed.trim().toLowerCase()))
  const combobox = useCombobox({ defaultOpened: true })
  const { selectFirstOption, resetSelectedOption } = combobox
  const first = offered[0]
  useEffect(() => {
    if (typed.trim() === '' || first === undefined) resetSelectedOption()
    else selectFirstOption()
  }, [typed, first, offered.length, selectFirstOption, resetSelectedOption])
  return (
    <Combobox store={combobox} onOptionSubmit={onPick}>
      <Combobox.Target>
        <TextInput
          data-autofocus
          label={text.pick}
          placeholder={text.pickHint}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            combobox.openDropdown()
          }}
          onClick={() => {
            combobox.openDropdown()
          }}
          error={isCurrent && data.length === 0 ? text.pickNone : undefined}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={offered.length === 0}>
        <Combobox.Options>
          <ScrollArea.Autosize mah={280} type="scroll">
            {offered.map((dagId) => (
              <Combobox.Option key={dagId} value={dagId}>
                {dagId}
              </Combobox.Option>
            ))}
          </ScrollArea.Autosize>
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  )
}
