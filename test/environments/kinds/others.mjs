/** Bun and Deno. */

const program = `
import WebTorrentDHT from 'webtorrent-dht'
import { play } from './play.mjs'
console.log('result: ' + await play(WebTorrentDHT))
`

export const bun = {
  name: 'Bun',
  packages: ['bun'],
  files: { 'program.mjs': program },
  versionOf: project => project.versionOf('bun'),
  rows: [
    {
      what: '`bun program.mjs`',
      run: project => project.run(project.path('bun/bin/bun.exe'), ['program.mjs']),
      expected: 'works'
    }
  ]
}

export const deno = {
  name: 'Deno',
  packages: ['deno'],
  files: { 'program.mjs': program },
  versionOf: project => project.versionOf('deno'),
  rows: [
    {
      what: '`deno run -A program.mjs`',
      run: project =>
        project.run(process.execPath, [project.path('deno/bin.cjs'), 'run', '-A', 'program.mjs']),
      expected: 'works'
    }
  ]
}
