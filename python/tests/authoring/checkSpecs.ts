/** Reads a list of DAG specs from stdin and writes, for each, what the contract's schema finds wrong with it. */
import { readFileSync } from 'node:fs'
import { Value } from 'typebox/value'
import { DagSpec } from '../../../server/contract/dagSpec.ts'

const specs = JSON.parse(readFileSync(0, 'utf8')) as unknown[]
const found = specs.map((spec) => Value.Errors(DagSpec, spec).map((error) => `${error.instancePath}: ${error.message}`))
process.stdout.write(JSON.stringify(found))
