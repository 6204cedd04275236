import { freshPostgresUrl } from '#testkit/databases.ts'
import { openPostgres } from '../postgres/open.ts'
import { conformance } from './conformance.ts'

conformance(async () => openPostgres({ url: await freshPostgresUrl() }))
