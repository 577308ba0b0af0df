/** jest, which loads modules in contexts of its own. Two files, of which a process runs one after the other. */

const test = `
import { test } from '@jest/globals'
import WebTorrentDHT from 'webtorrent-dht'
import { play } from './play.mjs'
test('two nodes', async () => process.stdout.write('result: ' + await play(WebTorrentDHT) + '\\n'), 60_000)
`
const inPage = `
import { expect, test } from '@jest/globals'
import WebTorrentDHT from 'webtorrent-dht'
import { join } from '../play.mjs'
test('a node', async () => {
  expect(typeof window).toBe('object')
  process.stdout.write('result: ' + await join(WebTorrentDHT, '127.0.0.1:1') + '\\n')
}, 60_000)
`

/** jsdom in jest lacks these two, which the package needs as soon as it is imported. */
const setup = `
import { TextDecoder, TextEncoder } from 'node:util'
Object.assign(globalThis, { TextDecoder, TextEncoder })
`

/** The modules of the package are ES modules: jest needs Node.js' vm modules for these. */
function run(project, ...args) {
  return project.run(
    process.execPath,
    ['--experimental-vm-modules', project.path('jest/bin/jest.js'), '--testMatch', '**/*.test.mjs', ...args],
    { NODE_OPTIONS: '--experimental-vm-modules' }
  )
}

export const jest = {
  name: 'jest',
  packages: ['jest', 'jest-environment-jsdom'],
  files: {
    'first.test.mjs': test,
    'second.test.mjs': test,
    'page/page.test.mjs': inPage,
    'setup.mjs': setup
  },
  versionOf: project => project.versionOf('jest'),
  rows: [
    {
      what: 'child processes (default)',
      run: project => run(project, '--env=node', '--maxWorkers=2', 'first', 'second'),
      expected: 'works'
    },
    {
      what: '`--runInBand`',
      run: project => run(project, '--env=node', '--runInBand', 'first', 'second'),
      expected: 'works'
    },
    {
      what: '`--workerThreads`',
      run: project => run(project, '--env=node', '--maxWorkers=2', '--workerThreads', 'first', 'second'),
      expected: 'refused: ENOWEBRTC'
    },
    {
      what: '`--env=jsdom`, which takes the files for pages; `TextEncoder` and `TextDecoder` from `node:util`',
      run: project => run(project, '--env=jsdom', '--setupFiles=./setup.mjs', '--runInBand', 'page'),
      expected: 'refused: ENOWEBRTC'
    }
  ]
}
