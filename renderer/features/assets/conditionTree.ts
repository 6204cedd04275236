/** The steps of a condition, a program for a stack machine, as a tree. Pure. */
import type { AssetConditionStep } from '#contract/asset.ts'

type AssetOf = Extract<AssetConditionStep, { step: 'asset' }>
export type ConditionNode = { kind: 'asset'; asset: AssetOf } | { kind: 'group'; of: 'all' | 'any'; parts: ConditionNode[] }

export function conditionTree(steps: readonly AssetConditionStep[]): ConditionNode | null {
  const stack: ConditionNode[] = []
  for (const step of steps) {
    if (step.step === 'asset') stack.push({ kind: 'asset', asset: step })
    else stack.push({ kind: 'group', of: step.step, parts: stack.splice(Math.max(0, stack.length - step.of)) })
  }
  return stack.at(-1) ?? null
}
