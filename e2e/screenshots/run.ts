/**
 * Takes a picture of every screen of a real server: `node e2e/screenshots/run.ts FOLDER [NAME,NAME]`. Light at 1440 px, some dark, some
 * 400 px wide. Fails if a page logs an error, asks another host, or is wider than its window.
 */
import { mkdirSync } from 'node:fs'
import { makeScene } from './scene.ts'
import { takeShots } from './shots.ts'

const out = process.argv[2] ?? 'test-results/screenshots'
mkdirSync(out, { recursive: true })
const scene = await makeScene()
const problems: string[] = []
try {
  problems.push(...(await takeShots(scene, out, process.argv[3]?.split(','))), ...scene.problems)
} finally {
  await scene.stop()
}
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
