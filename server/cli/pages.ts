/** Reads lists of any length page by page. */

interface Page<T> {
  data: T[]
  total: number
  next_cursor: string | null
}

/** Largest page that the API gives. */
const PAGE = 500

/** The first `limit` items of a list, and how many there are. */
export async function readPages<T>(
  limit: number,
  read: (query: { limit: number; cursor?: string }) => Promise<Page<T>>,
): Promise<{ items: T[]; total: number }> {
  const items: T[] = []
  let cursor: string | null = null
  for (;;) {
    const page: Page<T> = await read({ limit: Math.min(PAGE, limit - items.length), ...(cursor === null ? {} : { cursor }) })
    items.push(...page.data)
    cursor = page.next_cursor
    if (cursor === null || page.data.length === 0 || items.length >= limit) return { items, total: page.total }
  }
}

/** The remark below a list that was cut. */
export function moreNote(shown: number, total: number): string | null {
  return total > shown ? `${total - shown} more; use --limit ${total} to see all.` : null
}
