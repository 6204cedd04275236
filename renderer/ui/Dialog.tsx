/**
 * Every dialog and drawer of the page. While it is rendered it is open. When it closes, the focus goes back to what had it. As long as typed
 * work is in it, a click beside it does nothing, and Esc and its close button ask; the buttons of its content close it at once.
 */
import { Button, Drawer, Group, Modal, Text } from '@mantine/core'
import { useWindowEvent } from '@mantine/hooks'
import { useEffect, useRef, useState, type FocusEvent, type ReactNode } from 'react'
import { strings } from '../strings.ts'
import { focusBefore } from './focusHistory.ts'

const text = strings.common
/** Those that are open, the topmost last: Esc is for that one. */
const open: symbol[] = []
/** A dialog that a press of Esc lays bare is not closed by the same press. */
const handledKeys = new WeakSet<Event>()

interface DialogProps {
  title: ReactNode
  onClose: () => void
  children: ReactNode
  size?: string
  /** At the right edge, as high as the page. */
  isDrawer?: boolean
  /** Work that is in none of its fields, as a merge in an editor is. Its fields are looked at anyway. */
  isDirty?: boolean
  /** `esc`: a click beside it does nothing; `buttons`: nor does Esc, and it has no close button. */
  closedBy?: 'any' | 'esc' | 'buttons'
  classNames?: { body?: string; content?: string }
}

export function Dialog({ title, onClose, children, size, isDrawer = false, isDirty = false, closedBy = 'any', classNames }: DialogProps) {
  const body = useRef<HTMLDivElement>(null)
  const typed = useTypedWork()
  const [isAsking, setAsking] = useState(false)
  const hasWork = () => isDirty || typed.hasWork()
  const ask = () => {
    if (hasWork()) setAsking(true)
  }
  useFocusBack()
  useEscape(() => {
    if (closedBy === 'buttons') return
    if (hasWork()) setAsking(true)
    else onClose()
  })
  const Frame = isDrawer ? Drawer : Modal
  return (
    <Frame
      opened
      // A click beside it, and the close button before its own handler.
      onClose={() => {
        if (!hasWork()) onClose()
      }}
      closeOnClickOutside={closedBy === 'any'}
      closeOnEscape={false}
      returnFocus={false}
      withCloseButton={closedBy !== 'buttons'}
      closeButtonProps={{ 'aria-label': text.close, onClick: ask }}
      title={title}
      {...(isDrawer ? { position: 'right' as const } : {})}
      {...(size === undefined ? {} : { size })}
      {...(classNames === undefined ? {} : { classNames })}
    >
      <div ref={body} style={{ display: 'contents' }} onFocusCapture={typed.note}>
        {children}
        {/* Where nothing else wants the focus it is the dialog's own: a ring around its close button would draw the eye there. */}
        <span
          data-autofocus
          tabIndex={-1}
          style={{ position: 'absolute' }}
          onFocus={() => body.current?.closest<HTMLElement>('[role="dialog"]')?.focus({ preventScroll: true })}
        />
      </div>
      {isAsking ? (
        <Discard
          onStay={() => {
            setAsking(false)
          }}
          onDiscard={onClose}
        />
      ) : null}
    </Frame>
  )
}

function Discard({ onStay, onDiscard }: { onStay: () => void; onDiscard: () => void }) {
  return (
    <Dialog title={text.discardTitle} size="sm" onClose={onStay}>
      <Text size="sm">{text.discardText}</Text>
      <Group justify="flex-end" gap="xs" mt="lg">
        <Button variant="default" data-autofocus onClick={onStay}>
          {text.stay}
        </Button>
        <Button color="red" onClick={onDiscard}>
          {text.discard}
        </Button>
      </Group>
    </Dialog>
  )
}

/** Mantine gives the focus back only where `opened` changes, not where the whole dialog goes. */
function useFocusBack(): void {
  const [back] = useState(focusBefore)
  useEffect(() => back, [back])
}

function useEscape(close: () => void): void {
  const [id] = useState(() => Symbol('dialog'))
  useEffect(() => {
    open.push(id)
    return () => {
      open.splice(open.indexOf(id), 1)
    }
  }, [id])
  useWindowEvent(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || event.isComposing || handledKeys.has(event) || open.at(-1) !== id || isForField(event.target)) return
      handledKeys.add(event)
      close()
    },
    // Before fields can close their lists: by then it could not be told any more that the key was theirs.
    { capture: true },
  )
}

/** An open list of choices is closed first (Mantine marks its field), and a search is emptied first. */
function isForField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement && target.type === 'search') return target.value !== ''
  return target.getAttribute('data-mantine-stop-propagation') === 'true'
}

type TextField = HTMLInputElement | HTMLTextAreaElement
/** One click makes these again; and a search is no work. */
const NO_WORK = /^(button|checkbox|file|radio|range|reset|search|submit)$/

function isTextField(target: EventTarget): target is TextField {
  if (target instanceof HTMLTextAreaElement) return true
  return target instanceof HTMLInputElement && !NO_WORK.test(target.type) && target.getAttribute('aria-haspopup') !== 'listbox'
}

/** Whether a text field holds something else than when it was first entered. */
function useTypedWork() {
  const [before] = useState(() => new Map<TextField, string>())
  return {
    note: ({ target }: FocusEvent): void => {
      if (isTextField(target) && !before.has(target)) before.set(target, target.value)
    },
    hasWork: (): boolean => [...before].some(([field, value]) => !field.disabled && field.value !== value),
  }
}
