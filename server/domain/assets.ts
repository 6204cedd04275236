/** Assets: which event is of which asset, and whether the condition of a schedule is met (Airflow authoring-and-scheduling/asset-scheduling). */
import type { AssetRef, AssetStep } from '#contract/dagSpec.ts'

/** What of an event decides. */
export interface AssetUpdate {
  name: string
  uri: string
  /** The alias through which a task named the asset, or null. */
  alias: string | null
}

/** An asset is known by its URI; by its name where somebody refers to it by name alone. */
export function isOf(update: AssetUpdate, ref: AssetRef): boolean {
  if (ref.type === 'alias') return update.alias === ref.name
  return ref.uri === null ? update.name === ref.name : update.uri === ref.uri
}

export function assetsIn(condition: readonly AssetStep[]): AssetRef[] {
  return condition.flatMap((step) => (step.step === 'asset' ? [step.asset] : []))
}

/** Whether the condition holds, given what was updated. */
export function isMet(condition: readonly AssetStep[], updates: readonly AssetUpdate[]): boolean {
  const stack: boolean[] = []
  for (const step of condition) {
    if (step.step === 'asset') {
      stack.push(updates.some((update) => isOf(update, step.asset)))
      continue
    }
    const taken = stack.splice(Math.max(0, stack.length - step.of))
    stack.push(step.step === 'all' ? taken.every(Boolean) : taken.some(Boolean))
  }
  return stack.at(-1) === true
}
