/** The transcripts of the conformance kit happen with this node, in virtual time; with other times they do not. */

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test, { type Test } from 'tape'
import { text as bep } from '../docs/bep-text.js'
import type { Transcript } from './transcripts/transcript.js'
import { readText } from './vectors.js'

const PROGRAM = fileURLToPath(new URL('transcripts/run.js', import.meta.url))
const { transcripts }: { transcripts: Transcript[] } = JSON.parse(readText('transcripts.json'))

/** Plays transcripts in a process of its own, which replaces the clock. @returns the problems of each */
async function play(t: Test, played: Transcript[]): Promise<string[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'transcripts-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'transcripts.json')
  writeFileSync(path, JSON.stringify({ transcripts: played }))
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, path])
  return JSON.parse(stdout)
}

test('the requirements that transcripts show are in bep.md', t => {
  const musts = transcripts.flatMap(({ must }) => must)
  t.ok(musts.length > 10)
  t.deepEqual(
    musts.filter(must => !bep.includes(`**${must}** `)),
    []
  )
  t.end()
})

test('the transcripts happen', { timeout: 120_000 }, async t => {
  const problems = await play(t, transcripts)
  for (const [i, { name }] of transcripts.entries()) t.deepEqual(problems[i], [], name)
})

test('a transcript whose times are others does not happen', { timeout: 120_000 }, async t => {
  // What A does is due half a second later.
  const late = transcripts.map(transcript => ({
    ...transcript,
    steps: transcript.steps.map(step =>
      'to' in step && typeof step.at === 'number' ? { ...step, at: step.at + 0.5 } : step
    )
  }))
  const problems = await play(t, late)
  for (const [i, { name }] of late.entries()) t.ok((problems[i]?.length ?? 0) > 0, name)
})
