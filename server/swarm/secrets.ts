/** The secrets of one attempt, or a sentence for people that says why it does not get them. A database that is away passes: it is thrown. */
import { StoreUnavailable } from '#db/store.ts'

/** Environment variable -> value, for the names that the vault has. */
export type ResolveSecrets = (names: Record<string, string>) => Promise<Record<string, string>>

export async function secretsFor(
  names: Record<string, string>,
  resolve: ResolveSecrets,
): Promise<{ secrets: Record<string, string>; problem: null } | { secrets: null; problem: string }> {
  if (Object.keys(names).length === 0) return { secrets: {}, problem: null }
  try {
    const secrets = await resolve(names)
    const missing = Object.keys(names).filter((variable) => secrets[variable] === undefined)
    if (missing.length === 0) return { secrets, problem: null }
    const listed = missing.map((variable) => `"${names[variable]}"`).join(', ')
    return { secrets: null, problem: `the vault has no secret ${listed}. Add it with: vortex secrets set NAME` }
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error
    const reason = error instanceof Error ? error.message : String(error)
    return { secrets: null, problem: `the vault did not give the secrets of this task: ${reason}` }
  }
}
