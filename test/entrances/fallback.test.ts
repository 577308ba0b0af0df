/** When a server is reached over WebRTC, when over WebSocket, and when a link is made beside the attempt over WebRTC. */

import test, { type Test } from 'tape'
import { type Progress, reachServer, type Ways } from '../../src/entrances/fallback.js'
import { WebTorrentDHTError } from '../../src/errors.js'
import { HandClock } from '../helpers/hand-clock.js'

const URL = 'http://server.example/'
/** Milliseconds after which a link begins, and after which WebRTC counts as not heard. */
const HEAD_START = 50
const SILENCE = 1000

interface Attempted {
  progress: Progress
  open(): void
  fail(): void
}

/** Reaches a server, each step of which the test takes itself. */
function reach(t: Test, given: { isFar?: boolean; mayTry?: boolean } = {}) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const attempts: Attempted[] = []
  const links: { url: string | null; lost: AbortSignal | null; open(): void; fail(): void }[] = []
  let blocks = 0
  const ways: Ways<string> = {
    udp: { mayTry: () => given.mayTry ?? true, unheard: () => void blocks++ },
    isFar: given.isFar ?? true,
    overWebRTC: (_, progress) =>
      new Promise((resolve, reject) => {
        const failure = new WebTorrentDHTError('ECONNFAILED', 'it does not open')
        attempts.push({ progress, open: () => resolve('WebRTC'), fail: () => reject(failure) })
      }),
    overWebSocket: (url, lost) =>
      new Promise((resolve, reject) => {
        links.push({ url, lost, open: () => resolve('WebSocket'), fail: () => reject(new Error('refused')) })
      })
  }
  let result = 'nothing yet'
  reachServer(ways).then(
    opened => {
      result = opened
    },
    (error: Error) => {
      result = error.message
    }
  )
  /** Lets promises settle, after some milliseconds. */
  const pass = async (milliseconds = 0) => {
    clock.move(milliseconds)
    await new Promise(resolve => setImmediate(resolve))
  }
  return { attempts, links, pass, clock, blocks: () => blocks, result: () => result }
}

test('WebRTC that opens within its head start has no link beside it', async t => {
  const { attempts, links, pass, clock, result } = reach(t)
  attempts[0]?.progress.found(URL)
  await pass(HEAD_START - 1)
  attempts[0]?.open()
  await pass()
  t.equal(result(), 'WebRTC')
  await pass(10 * SILENCE)
  t.deepEqual([links.length, clock.pending], [0, 0])
})

test('a link begins once the URL is known and the head start is over', async t => {
  const { attempts, links, pass, result, blocks } = reach(t)
  await pass(2 * HEAD_START)
  t.equal(links.length, 0)
  attempts[0]?.progress.found(URL)
  await pass(1)
  t.deepEqual(
    links.map(({ url }) => url),
    [URL]
  )
  links[0]?.open()
  await pass()
  t.deepEqual([result(), blocks()], ['WebSocket', 0])
})

test('a link to a server nearby begins only where ICE does not hear the server', async t => {
  const { attempts, links, pass, blocks, result } = reach(t, { isFar: false })
  attempts[0]?.progress.found(URL)
  await pass(SILENCE)
  attempts[0]?.progress.answered(10, () => false)
  await pass(SILENCE - 1)
  t.equal(links.length, 0)
  await pass(1)
  links[0]?.open()
  await pass()
  t.deepEqual([result(), blocks()], ['WebSocket', 1])
})

test('WebRTC goes on beside a link; one that opens first lets go of the link', async t => {
  for (const isLinkFirst of [true, false]) {
    const { attempts, links, pass, blocks, result, clock } = reach(t)
    attempts[0]?.progress.found(URL)
    await pass(HEAD_START)
    if (isLinkFirst) links[0]?.open()
    await pass()
    attempts[0]?.progress.answered(10, () => true)
    await pass(2 * SILENCE)
    attempts[0]?.open()
    await pass()
    t.equal(result(), isLinkFirst ? 'WebSocket' : 'WebRTC')
    t.deepEqual([links[0]?.lost?.aborted, blocks(), clock.pending], [true, 0, 0])
  }
})

test('beside a link a second attempt is made, but not where ICE has not heard the server', async t => {
  for (const isHeard of [true, false]) {
    const { attempts, links, pass, blocks, clock } = reach(t)
    attempts[0]?.progress.found(URL)
    await pass(HEAD_START)
    links[0]?.open()
    attempts[0]?.progress.answered(10, () => isHeard)
    await pass(SILENCE)
    t.equal(blocks(), isHeard ? 0 : 1)
    attempts[0]?.fail()
    await pass()
    t.equal(attempts.length, isHeard ? 2 : 1)
    attempts[1]?.fail()
    await pass()
    t.ok(blocks() > 0, 'the link is what is left')
    t.equal(clock.pending, 0)
  }
})

test('a link that does not open is not tried twice, and WebRTC goes on', async t => {
  for (const isOpening of [true, false]) {
    const { attempts, links, pass, blocks, result } = reach(t)
    attempts[0]?.progress.found(URL)
    await pass(HEAD_START)
    links[0]?.fail()
    attempts[0]?.progress.answered(10, () => false)
    await pass(2 * SILENCE)
    if (isOpening) attempts[0]?.open()
    else attempts[0]?.fail()
    await pass()
    attempts[1]?.fail()
    await pass()
    t.deepEqual([result(), links.length, blocks()], [isOpening ? 'WebRTC' : 'it does not open', 1, 0])
  }
})

test('where UDP is known to be blocked a link comes first', async t => {
  const { attempts, links, pass, result } = reach(t, { mayTry: false })
  t.deepEqual([links.length, attempts.length], [1, 0])
  links[0]?.fail()
  await pass()
  t.equal(attempts.length, 1, 'WebRTC is tried where none opens')
  attempts[0]?.open()
  await pass()
  t.equal(result(), 'WebRTC')
})
