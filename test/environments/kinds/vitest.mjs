/** vitest, with each of its pools. Two files each, so that a thread or context ends while others go on. */

const test = `
import { test } from 'vitest'
import WebTorrentDHT from 'webtorrent-dht'
import { play } from './play.mjs'
test('two nodes', async () => console.log('result: ' + await play(WebTorrentDHT)), 60_000)
`

function row(pool, expected, { adds, dom = false } = {}) {
  return {
    what: [`\`--pool=${pool}\``, dom && '`--environment=jsdom`', adds && `with \`${adds}\` installed`]
      .filter(Boolean)
      .join(', '),
    adds: adds && [adds],
    run: project =>
      project.run(process.execPath, [
        project.path('vitest/vitest.mjs'),
        'run',
        `--pool=${pool}`,
        `--environment=${dom ? 'jsdom' : 'node'}`
      ]),
    expected
  }
}

export const vitest = {
  name: 'vitest',
  packages: ['vitest', 'jsdom'],
  files: { 'first.test.mjs': test, 'second.test.mjs': test },
  versionOf: project => project.versionOf('vitest'),
  rows: [
    row('forks', 'works'),
    row('vmForks', 'works'),
    row('forks', 'works', { dom: true }),
    row('vmForks', 'works', { dom: true }),
    row('threads', 'refused: ENOWEBRTC'),
    row('vmThreads', 'refused: ENOWEBRTC'),
    row('threads', 'works', { adds: 'werift' }),
    row('vmThreads', 'works', { adds: 'werift' })
  ]
}
