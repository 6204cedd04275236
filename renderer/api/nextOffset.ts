/** Where the next page of a list begins that is paged by offset; undefined = that was the last one. For an infinite query. */
export function nextOffset(page: { data: readonly unknown[]; total: number; offset: number }): number | undefined {
  const next = page.offset + page.data.length
  return page.data.length > 0 && next < page.total ? next : undefined
}
