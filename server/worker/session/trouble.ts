/** Says why a controller cannot be reached, and what mends it: once for each reason, not with every try. */
import type { Logger } from '#runtime/logger.ts'
import type { ControllerAddress } from './controllerAddress.ts'

export class Trouble {
  readonly #logger: Logger
  /** What was said last, by controller. */
  readonly #said = new Map<string, string>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  tell(address: ControllerAddress, details: string): void {
    const words = explain(address, details)
    if (this.#said.get(address.text) === words) return
    this.#said.set(address.text, words)
    this.#logger.warn({ controller: address.text, details }, words)
  }

  isOver(address: ControllerAddress): void {
    this.#said.delete(address.text)
  }
}

/** `refused` and `silent` are the probe's words, everything else is gRPC's. */
export function explain(address: ControllerAddress, details: string): string {
  if (details === 'refused') return 'no controller listens there yet; trying again'
  if (details === 'silent') return 'the host does not answer (name, address, firewall?); trying again'
  if (/certificate|altnames|SELF_SIGNED|UNABLE_TO/i.test(details))
    return 'the certificate of the controller is not trusted. Give the authority that signed it with --ca-file; trying again'
  const isTls = address.kind === 'tcp' && address.tls
  if (isTls && /wrong version number|packet length/i.test(details))
    return 'the controller does not speak TLS there. Use http:// if that is meant; trying again'
  if (!isTls && address.kind === 'tcp') return 'what listens there does not speak this protocol without TLS. Is it https://? Trying again'
  return 'cannot connect to the controller; trying again'
}
