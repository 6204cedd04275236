/** A deep copy of rows (plain data), several times faster than structuredClone. A spec is shared: nobody changes one. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => copyOf(item)) as T
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) copy[key] = key === 'spec' || typeof inner !== 'object' ? inner : copyOf(inner)
  return copy as T
}
