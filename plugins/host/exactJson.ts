/**
 * Numbers without loss: Python and databases have more digits than a JavaScript number holds, and what it cannot hold to the last digit is a
 * text of its digits here.
 */

/** A whole number: a JSON number up to 2^53 - 1, its digits beyond. */
export function exactInteger(digits: string): number | string {
  const value = Number(digits)
  return Number.isSafeInteger(value) ? value : digits
}

/** A floating-point number; JSON knows neither NaN nor infinity, so these are texts. */
export function exactFloat(text: string): number | string {
  const value = Number(text)
  return Number.isFinite(value) ? value : text
}

/** JSON.parse, with numbers of more digits than a JavaScript number has as texts. */
export function exactJson(text: string): unknown {
  // Almost no text has such a number.
  if (!/\d[\d.]{15}|\d[eE]/.test(text)) return JSON.parse(text)
  // The third argument is in Node and not yet in TypeScript's library.
  const reviver = (_key: string, value: unknown, place?: { source?: string }): unknown =>
    typeof value === 'number' && place?.source !== undefined && !isExact(place.source, value) ? place.source : value
  return JSON.parse(text, reviver)
}

/** Bytes are base64 text. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function isExact(source: string, value: number): boolean {
  const digits = significantDigits(source)
  if (!Number.isFinite(value) || (value === 0 && digits !== '')) return false
  return digits.length <= 15 || digits === significantDigits(String(value))
}

function significantDigits(number: string): string {
  const mantissa = /^-?([0-9.]*)/.exec(number)?.[1] ?? ''
  return mantissa.replace('.', '').replace(/^0+/, '').replace(/0+$/, '')
}
