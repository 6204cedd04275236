/**
 * Makes an assembled Electron (electron.ts) like the official one: the fuses that its carrier set are set back, and the small app that
 * opens what the command line names is put in.
 */
import { join, resolve } from 'node:path'
import { createPackage } from '@electron/asar'
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses'

const [dist] = process.argv.slice(2)
if (dist === undefined) throw new Error('usage: electronParts.ts FOLDER')
await flipFuses(join(dist, 'electron'), {
  version: FuseVersion.V1,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: true,
})
await createPackage(resolve(import.meta.dirname, 'electronDefaultApp'), join(dist, 'resources/default_app.asar'))
