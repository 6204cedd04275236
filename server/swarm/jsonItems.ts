/** Where the items of a list lie in its JSON text. */

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]
const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09

/** Start and end of each item of the list that this valid JSON text is; null = it is no list. */
export function itemPlaces(text: string): Int32Array | null {
  const first = skipSpace(text, 0)
  if (text.charCodeAt(first) !== OPEN_LIST) return null
  const places: number[] = []
  let depth = 0
  let start = first + 1
  for (let at = first + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfText(text, at)
    else if (code === OPEN_LIST || code === OPEN_OBJECT) depth++
    else if (depth > 0) {
      if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth--
    } else if (code === COMMA) {
      places.push(start, at)
      start = at + 1
    } else if (code === CLOSE_LIST) {
      if (places.length > 0 || skipSpace(text, start) < at) places.push(start, at)
      return Int32Array.from(places)
    }
  }
  return null
}

/** Place of the quote that ends the text which begins at `from`. */
function endOfText(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return at
  }
  return text.length
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text.charCodeAt(at))) at++
  return at
}
