/** The field of the date inputs has minutes, maybe seconds, and no zone: it is UTC. */
export function instantOf(at: string): string {
  return `${at.length === 16 ? `${at}:00` : at}.000Z`
}
