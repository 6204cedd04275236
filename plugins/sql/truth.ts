/** What counts as true of a cell: everything but null, false, zero and empty text; a number may come as text (numeric, bigint). */
export function isTruthy(cell: unknown): boolean {
  if (typeof cell === 'string') return cell.trim() !== '' && Number(cell) !== 0
  return Boolean(cell)
}

/** Whether the cell is one of the values; a number and its text are the same. */
export function isOneOf(cell: unknown, values: unknown): boolean {
  const list: readonly unknown[] = Array.isArray(values) ? values : [values]
  return list.some((value) => value === cell || (isScalar(value) && isScalar(cell) && String(value) === String(cell)))
}

function isScalar(value: unknown): value is number | string {
  return typeof value === 'number' || typeof value === 'string'
}
