#!/usr/bin/env node
// `vortex-server` is `vortex server`.
process.argv.splice(2, 0, 'server')
import('./vortex.js')
