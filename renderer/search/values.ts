/** Readers of single values of an address: what does not fit is undefined. */
export type Raw = Record<string, unknown>

/** The router reads `?x=123` as a number; names may be all digits. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value === ''
      ? undefined
      : value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined
export const flag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined)
export const integer = (value: unknown): number | undefined => (typeof value === 'number' && Number.isInteger(value) ? value : undefined)
export const instant = (value: unknown): string | undefined =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : undefined
export const oneOf = <T extends string>(list: readonly T[], value: unknown): T | undefined => list.find((item) => item === value)

/** Drops undefined fields. */
export function present<T extends object>(value: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<T>
}
export const day = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined
