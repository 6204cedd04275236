/** Replaces secret text before it leaves a process. */

/** Shorter values would hide half of every log (a secret "1" or "true"). */
const SHORTEST_REDACTED = 5

/** A function that replaces the values, their lines and their usual encodings by ***. */
export function createRedactor(values: Iterable<string>): (text: string) => string {
  const needles = new Set<string>()
  for (const value of values) {
    for (const part of [value, ...value.split(/\r?\n/)]) {
      const trimmed = part.trim()
      if (trimmed.length < SHORTEST_REDACTED) continue
      const json = JSON.stringify(trimmed).slice(1, -1)
      for (const form of [trimmed, json, encodeURIComponent(trimmed), Buffer.from(trimmed).toString('base64').replace(/=+$/, '')])
        needles.add(form)
    }
  }
  if (needles.size === 0) return (text) => text
  // Longest first, so that a secret that contains another one is replaced whole.
  const escaped = [...needles].sort((a, b) => b.length - a.length).map((needle) => needle.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'))
  const pattern = new RegExp(escaped.join('|'), 'g')
  return (text) => text.replace(pattern, '***')
}
