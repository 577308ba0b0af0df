/** The way in between tabs, over real channels: each entrance here is a tab's. */

import test from 'tape'
import type { AnswerOffer, CarriedSignal, Entrance } from '../../src/entrances/entrance.js'
import { createTabsEntrance } from '../../src/entrances/tabs.js'
import { createName } from '../../src/entrances/tabs-message.js'
import { WebTorrentDHTError } from '../../src/errors.js'
import { HandClock } from '../helpers/hand-clock.js'
import { within } from '../helpers/nodes.js'

const OFFER: CarriedSignal = { type: 'offer', sdp: 'v=0\r\n', id: '01'.repeat(20), extensions: ['a'] }
const ANSWER: CarriedSignal = { type: 'answer', sdp: 'v=0\r\n', id: '02'.repeat(20) }
const MAX_SDP_BYTES = 8192

let networks = 0

/** Tabs of a network of their own, which all leave in the end. For them time stands still, so that none is too slow. */
function createTabs() {
  const clock = new HandClock()
  const network = `test ${++networks}`
  const abort = new AbortController()
  const { signal } = abort
  return {
    create: () => createTabsEntrance({ network }),
    /** A tab that lets others in. */
    serve: (answer: AnswerOffer, entrance = createTabsEntrance({ network })) =>
      entrance.serve?.(answer, { signal, address: null, listening: null }),
    /** A channel for what a tab does not do. */
    openChannel: (onMessage: (message: Message, channel: BroadcastChannel) => void) => {
      const channel = new BroadcastChannel(`webtorrent-dht ${network}`)
      channel.onmessage = event => onMessage((event as MessageEvent<Message>).data, channel)
      signal.addEventListener('abort', () => channel.close())
      return channel
    },
    /** Lets milliseconds pass. */
    pass: async (milliseconds: number) => {
      clock.move(milliseconds)
      for (let turns = 0; turns < 3; turns++) {
        await new Promise(setImmediate)
        clock.move(0) // what was begun when they had passed
      }
    },
    /** From now on time is the real one. */
    hurry: () => clock.restore(),
    close: () => {
      abort.abort()
      clock.restore()
    }
  }
}

interface Message {
  kind?: string
  from?: string
  to?: string
}

async function carry(entrance: Entrance, { signal } = new AbortController()): Promise<unknown> {
  return within('the answer', Promise.resolve(entrance.request?.(OFFER, { signal })))
}

/** The code that a request fails with. */
async function failure(entrance: Entrance, abort?: AbortController): Promise<unknown> {
  const result = await carry(entrance, abort).catch(error => error)
  return result instanceof WebTorrentDHTError ? result.code : result
}

test('an offer goes to one tab, and its answer comes back', async t => {
  const tabs = createTabs()
  const offers: CarriedSignal[] = []
  const answer: AnswerOffer = async offer => {
    offers.push(offer)
    return ANSWER
  }
  for (let i = 0; i < 3; i++) tabs.serve(answer)
  tabs.openChannel(() => {}) // a frozen tab
  t.deepEqual(await carry(tabs.create()), ANSWER)
  t.deepEqual(offers, [OFFER])
  t.deepEqual(await carry(tabs.create()), ANSWER, 'the next one gets in as well')
  tabs.close()
})

test('where no tab is, a request ends after 200 ms', async t => {
  const tabs = createTabs()
  let code: unknown
  const asked = failure(tabs.create()).then(result => {
    code = result
  })
  await tabs.pass(199)
  t.equal(code, undefined)
  await tabs.pass(1)
  await asked
  t.equal(code, 'ENONODES')
  tabs.close()
})

test('a node does not answer itself, nor tabs of another network', async t => {
  const tabs = createTabs()
  const own = tabs.create()
  let offers = 0
  const answer: AnswerOffer = async () => {
    offers++
    return ANSWER
  }
  tabs.serve(answer, own)
  tabs.serve(answer, createTabsEntrance({ network: 'another' }))
  tabs.hurry()
  t.equal(await failure(own), 'ENONODES')
  t.equal(offers, 0)
  tabs.close()
})

test('when a tab refuses, the next is asked', async t => {
  const tabs = createTabs()
  for (let i = 0; i < 3; i++) tabs.serve(() => Promise.reject(new Error('full')))
  tabs.serve(async () => ANSWER)
  t.deepEqual(await carry(tabs.create()), ANSWER)
  tabs.close()
})

test('when all tabs refuse, a request fails with their reason', async t => {
  const tabs = createTabs()
  tabs.hurry()
  tabs.serve(() => Promise.reject(new Error('no room')))
  const error: unknown = await carry(tabs.create()).catch(error => error)
  t.ok(error instanceof WebTorrentDHTError && error.code === 'EREFUSED' && error.message.includes('no room'))
  tabs.close()
})

test('when a tab does not answer within a second, the next is asked', async t => {
  const tabs = createTabs()
  const [slow, quick] = [createName(), createName()]
  const asked: unknown[] = []
  const channel = tabs.openChannel(({ kind, from, to }) => {
    if (kind === 'ask')
      for (const tab of [slow, quick]) channel.postMessage({ kind: 'here', from: tab, to: from })
    if (kind !== 'offer') return
    asked.push(to)
    if (to === quick) channel.postMessage({ kind: 'answer', from: quick, to: from, signal: ANSWER })
    else void tabs.pass(1000)
  })
  t.deepEqual(await carry(tabs.create()), ANSWER)
  t.deepEqual(asked, [slow, quick])
  tabs.close()
})

test('when no tab answers within a second, a request ends', async t => {
  const tabs = createTabs()
  tabs.serve(() => {
    void tabs.pass(1000)
    return new Promise(() => {})
  })
  t.equal(await failure(tabs.create()), 'ETIMEDOUT')
  tabs.close()
})

test('a tab that is silent delays a request by 300 ms, and may still answer', async t => {
  for (const answering of [0, 1]) {
    const tabs = createTabs()
    const names = [createName(), createName()]
    const channel = tabs.openChannel(({ kind, from, to }) => {
      if (kind === 'ask') for (const tab of names) channel.postMessage({ kind: 'here', from: tab, to: from })
      if (kind !== 'offer') return
      if (to === names[0]) void tabs.pass(300)
      else channel.postMessage({ kind: 'answer', from: names[answering], to: from, signal: ANSWER })
    })
    t.deepEqual(await carry(tabs.create()), ANSWER)
    tabs.close()
  }
})

test('a crowd of tabs that are silent or refuse ends a request after three seconds', async t => {
  for (const isSilent of [true, false]) {
    const tabs = createTabs()
    const start = performance.now()
    let offers = 0
    const channel = tabs.openChannel(({ kind, from, to }) => {
      if (kind === 'offer') {
        offers++
        if (!isSilent) channel.postMessage({ kind: 'refusal', from: to, to: from, reason: 'no' })
        void tabs.pass(isSilent ? 250 : 100)
      }
      if (kind === 'ask' || !isSilent || offers > 1) {
        for (let i = 0; i < 4; i++) channel.postMessage({ kind: 'here', from: createName(), to: from })
      }
    })
    const ended = failure(tabs.create())
    let isOver = false
    void ended.then(() => {
      isOver = true
    })
    while (!isOver && performance.now() - start < 10_000) await tabs.pass(50)
    t.match(String(await ended), /^(ETIMEDOUT|EREFUSED)$/)
    t.ok(performance.now() - start <= 3500, `${performance.now() - start} ms`)
    t.ok(offers > 2 && offers <= 30, `${offers} offers`)
    tabs.close()
  }
})

test('a request that is aborted ends at once, with the reason', async t => {
  const tabs = createTabs()
  const abort = new AbortController()
  const reason = new Error('another way was quicker')
  tabs.serve(() => {
    abort.abort(reason)
    return new Promise(() => {})
  })
  t.equal(await failure(tabs.create(), abort), reason)
  t.equal(await failure(tabs.create(), abort), reason, 'and does not begin afterwards')
  tabs.close()
})

test('a tab that stops serving says nothing any more', async t => {
  const tabs = createTabs()
  let settle = (_: CarriedSignal) => {}
  const offered = new Promise<void>(resolve => {
    tabs.serve(() => {
      resolve()
      return new Promise(resolve => {
        settle = resolve
      })
    })
  })
  const abort = new AbortController()
  const asked = failure(tabs.create(), abort)
  await offered
  tabs.close() // and lets time go on
  settle(ANSWER) // too late: nothing is written to a closed channel
  t.equal(await failure(tabs.create()), 'ENONODES')
  abort.abort('enough')
  t.equal(await asked, 'enough')
})

test('what is no message between tabs is ignored', async t => {
  const tabs = createTabs()
  const names: string[] = []
  let offers = 0
  tabs.serve(async () => {
    offers++
    return ANSWER
  })
  const channel = tabs.openChannel(message => {
    if (message.kind === 'here') names.push(message.from ?? '')
    if (message.kind !== 'ask') return
    const from = createName()
    const reply = { from, to: message.from }
    for (const signal of [undefined, {}, { ...ANSWER, sdp: 'x'.repeat(MAX_SDP_BYTES + 1) }, OFFER]) {
      channel.postMessage({ ...reply, kind: 'answer', signal })
    }
    channel.postMessage({ ...reply, kind: 'refusal', reason: 5 })
  })
  t.deepEqual(await carry(tabs.create()), ANSWER)
  const [tab] = names
  const offer = { kind: 'offer', from: createName(), to: tab, signal: OFFER }
  for (const wrong of [
    null,
    5,
    'ask',
    [],
    {},
    { kind: 'ask' },
    { kind: 'ask', from: 'x' },
    { ...offer, from: 5 },
    { ...offer, signal: null },
    { ...offer, signal: ANSWER },
    { ...offer, signal: { ...OFFER, sdp: 5 } },
    { ...offer, signal: { ...OFFER, sdp: 'x'.repeat(MAX_SDP_BYTES + 1) } },
    { ...offer, signal: { ...OFFER, id: {} } },
    { ...offer, signal: { ...OFFER, extensions: 'a' } },
    { ...offer, signal: { ...OFFER, extensions: Array(17).fill('a') } },
    { ...offer, signal: { ...OFFER, extensions: ['x'.repeat(65)] } }
  ]) {
    channel.postMessage(wrong)
  }
  t.deepEqual(await carry(tabs.create()), ANSWER, 'the tab goes on')
  t.equal(offers, 2, 'and was offered nothing else')
  tabs.close()
})

test('a tab answers eight offers at the same time, and says that it is busy', async t => {
  const tabs = createTabs()
  let offers = 0
  const abort = new AbortController()
  const enough = new Promise<void>(resolve => {
    tabs.serve(() => {
      if (++offers === 8) resolve()
      return new Promise(() => {})
    })
  })
  const waiting = Array.from({ length: 8 }, () => failure(tabs.create(), abort))
  await enough
  tabs.hurry()
  t.equal(await failure(tabs.create()), 'EREFUSED')
  abort.abort('enough')
  t.deepEqual(await Promise.all(waiting), Array(8).fill('enough'))
  t.equal(offers, 8)
  tabs.close()
})

test('where a page may have no channels, an entrance says so', async t => {
  const { BroadcastChannel } = globalThis
  const tabs = createTabs()
  Object.assign(globalThis, {
    BroadcastChannel: class {
      constructor() {
        throw new DOMException('The operation is insecure.', 'SecurityError')
      }
    }
  })
  t.equal(await failure(tabs.create()), 'EUNREACHABLE')
  t.throws(() => tabs.serve(async () => ANSWER), {
    code: 'EUNREACHABLE',
    message: /The operation is insecure/
  })
  Object.assign(globalThis, { BroadcastChannel })
  tabs.close()
})
