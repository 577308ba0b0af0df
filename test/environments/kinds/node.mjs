/** Node.js alone, in the versions that the package is for; `require` too. */

const program = `
import WebTorrentDHT from 'webtorrent-dht'
import { createRequire } from 'node:module'
import { play } from './play.mjs'
const isSame = createRequire(import.meta.url)('webtorrent-dht') === WebTorrentDHT
console.log('result: ' + (isSame ? await play(WebTorrentDHT) : 'require gives another class'))
`

/** A node in the main thread, and three one after the other in worker threads: the ends of these, too, are part of it. */
const workers = `
import { once } from 'node:events'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'
import WebTorrentDHT from 'webtorrent-dht'
import { destroy, join, listen, play } from './play.mjs'
if (isMainThread) {
  const first = await listen(WebTorrentDHT)
  for (const end of ['destroy', 'exit', 'terminate']) {
    const workerData = { end, place: '127.0.0.1:' + first.address().port }
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData })
    const exit = once(worker, 'exit')
    const [result] = await once(worker, 'message')
    console.log('result: ' + result)
    if (end === 'terminate') await worker.terminate()
    await exit
  }
  await destroy(first)
  const result = await play(WebTorrentDHT)
  if (result !== 'works') console.log('result: the main thread: ' + result)
} else {
  const own = await listen(WebTorrentDHT).catch(() => null)
  parentPort.postMessage(await join(WebTorrentDHT, workerData.place))
  if (workerData.end === 'exit') process.exit()
  if (workerData.end === 'destroy' && own) await destroy(own)
}
`

/** @param executable the path in `node_modules` of another Node.js than the one that runs this */
function kindOf(name, executable) {
  const run = file => project => project.run(executable ? project.path(executable) : process.execPath, [file])
  return {
    name,
    packages: executable ? [executable.split('/')[0]] : [],
    files: { 'program.mjs': program, 'workers.mjs': workers },
    versionOf: project => (executable ? project.versionOf(executable.split('/')[0]) : process.versions.node),
    rows: [
      { what: 'a program, `import` and `require`', run: run('program.mjs'), expected: 'works' },
      {
        what: 'worker threads beside the main thread',
        run: run('workers.mjs'),
        expected: 'works'
      },
      {
        what: 'worker threads beside the main thread, with `werift` installed',
        adds: ['werift'],
        run: run('workers.mjs'),
        expected: 'works'
      }
    ]
  }
}

export const node = kindOf('Node.js')
export const node22 = kindOf('Node.js 22', 'node-22/bin/node')
export const node24 = kindOf('Node.js 24', 'node-24/bin/node')
export const node26 = kindOf('Node.js 26', 'node-26/bin/node')
