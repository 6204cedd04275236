/**
 * Where a list of millions of lines stands. Browsers draw no element of more than some 30 million pixels, so the scroll bar of a longer
 * list stands for it in a smaller scale: small moves go by lines, a jump of the bar by its share. Pure.
 */
/** Chromium, Firefox and Safari all draw this. */
export const HEIGHT_MAX = 12_000_000

export interface PagedPlace {
  /** First line in view, with its fraction. */
  top: number
  /** Of the scroll bar, in pixels. */
  scroll: number
}
export interface PagedSize {
  lines: number
  line_height: number
  view_height: number
}

export const heightOf = ({ lines, line_height }: PagedSize): number => Math.min(HEIGHT_MAX, lines * line_height)
const lastTop = ({ lines, line_height, view_height }: PagedSize): number => Math.max(0, lines - view_height / line_height)
const lastScroll = (size: PagedSize): number => Math.max(0, heightOf(size) - size.view_height)

/** The place of a line at the top of the view. */
export function placeOf(line: number, size: PagedSize): PagedPlace {
  const top = Math.max(0, Math.min(line, lastTop(size)))
  const share = lastTop(size) === 0 ? 0 : top / lastTop(size)
  return { top, scroll: share * lastScroll(size) }
}

/** After the scroll bar moved. A wheel or a key moves it by less than two views: then the lines move by as many pixels. */
export function placeAfter(before: PagedPlace, scroll: number, size: PagedSize): PagedPlace {
  const moved = scroll - before.scroll
  const isScaled = size.lines * size.line_height > HEIGHT_MAX
  if (!isScaled || Math.abs(moved) > 2 * size.view_height) {
    const share = lastScroll(size) === 0 ? 0 : scroll / lastScroll(size)
    return { top: share * lastTop(size), scroll }
  }
  return { top: Math.max(0, Math.min(before.top + moved / size.line_height, lastTop(size))), scroll }
}

/** Small moves leave the bar where its share is not; at rest it is put right. */
export function settled(place: PagedPlace, size: PagedSize): PagedPlace {
  return placeOf(place.top, size)
}
