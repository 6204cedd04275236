/**
 * Reverse proxies in front of the server. Their word on who calls (`X-Forwarded-For`) counts only if they are named in the settings: else
 * anybody could choose an address, and with it escape the limit on guessed passwords. One that is not named is said once in the log, for
 * everybody behind it is then one caller to that limit.
 */
import type { FastifyInstance } from 'fastify'
import type { Logger } from '#runtime/logger.ts'

export function useTrustedProxies(app: FastifyInstance, p: { logger: Logger }): void {
  let isSaid = false
  app.addHook('onRequest', async (request) => {
    const { remoteAddress } = request.socket
    if (isSaid || request.headers['x-forwarded-for'] === undefined || request.ip !== remoteAddress) return
    isSaid = true
    p.logger.warn(
      { address: remoteAddress },
      `Requests come through a proxy at ${remoteAddress ?? 'an unknown address'}, which is not named in VORTEX_TRUSTED_PROXIES (or ` +
        `--trusted-proxies): sign-ins that fail behind it slow down everybody behind it. If it is yours, name it there.`,
    )
  })
}
