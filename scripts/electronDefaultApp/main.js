// What an Electron without an app of its own does: `electron FOLDER` runs the app in that folder.
'use strict'
const { readFileSync } = require('node:fs')
const { join, resolve } = require('node:path')
const { app } = require('electron')

const folder = process.argv.slice(1).find((arg) => !arg.startsWith('-'))
if (folder === undefined) {
  process.stderr.write('usage: electron FOLDER\n')
  process.exit(2)
}
const path = resolve(folder)
const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
app.setVersion(manifest.version)
app.setName(manifest.productName || manifest.name)
app.setPath('userData', join(app.getPath('appData'), manifest.productName || manifest.name))
app.setAppPath(path)
require(join(path, manifest.main))
