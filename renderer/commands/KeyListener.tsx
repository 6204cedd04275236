/** Turns key presses into commands; keys without a modifier are left alone while the person types or a dialog is open. */
import { useEffect } from 'react'
import { commandFor, isMacPlatform } from './keys.ts'
import { commandRegistry } from './registry.ts'

/** Inputs that take no text: a switch that was just pressed must not keep the page's keys from working. */
const TEXTLESS = /^(button|checkbox|file|radio|range|reset|submit)$/

function isTyping({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false
  // Arrows choose among radio buttons, and move a slider.
  if (target instanceof HTMLInputElement && TEXTLESS.test(target.type)) return key.startsWith('Arrow')
  return target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName)
}
/** A modal dialog owns the keyboard; the task panel (role complementary) is not one. */
const hasDialog = () => document.querySelector('[role="dialog"][aria-modal="true"]') !== null

export function KeyListener() {
  useEffect(() => {
    const isMac = isMacPlatform()
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return
      const plain = !event.ctrlKey && !event.metaKey
      if (plain && (isTyping(event) || hasDialog())) return
      const command = commandFor(commandRegistry.list(), event, isMac)
      if (!command) return
      event.preventDefault()
      command.run()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => {
      window.removeEventListener('keydown', onKeyDown)
    }
  }, [])
  return null
}
