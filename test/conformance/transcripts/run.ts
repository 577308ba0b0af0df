/** Plays the transcripts in a file, in virtual time, and prints what was otherwise: a list of problems for each, as JSON. */

import { readFileSync } from 'node:fs'
import { installGlobals } from '../../simulation/globals.js'
import type { Host } from '../../simulation/host.js'
import type { Http } from '../../simulation/http.js'
import { Random } from '../../simulation/random.js'
import { Player, TranscriptClock } from './player.js'
import type { Transcript } from './transcript.js'

const [, , path = ''] = process.argv
const { transcripts }: { transcripts: Transcript[] } = JSON.parse(readFileSync(path, 'utf8'))
const clock = new TranscriptClock()
const restore = installGlobals(clock, new Random(1, 'transcripts'))
// The code of the node is loaded once the globals are replaced.
const { createPlatform } = await import('../../simulation/platform.js')
const { WebTorrentDHT } = await import('../../../src/faces/webtorrent-dht.js')
const platform = createPlatform({ isNodeJs: true } as Host, {} as Http)
const problems = await clock.run(async () => {
  const all: string[][] = []
  for (const transcript of transcripts) {
    const player = new Player(clock, { platform, WebTorrentDHT }, transcript)
    await player.play()
    all.push(player.problems)
  }
  return all
})
restore()
console.log(JSON.stringify(problems))
