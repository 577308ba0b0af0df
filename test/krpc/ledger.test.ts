/** The queries of a node that wait for replies: each ends once, in its time, and is told from all others. */

import test, { type Test } from 'tape'
import type { Link, SentQuery } from '../../src/connections/link.js'
import { RateLimits } from '../../src/connections/rate-limits.js'
import { Counters } from '../../src/counters.js'
import { WebTorrentDHTError } from '../../src/errors.js'
import { type End, Ledger, type Query, readError } from '../../src/krpc/ledger.js'
import { DEFAULT_LIMITS } from '../../src/limits.js'
import { parseMessage } from '../../src/wire/message.js'
import { idOf } from '../helpers/askers.js'
import { HandClock } from '../helpers/hand-clock.js'
import { withoutSize } from '../helpers/route-node.js'

const TIMEOUT = 2000
/** Milliseconds, as src/krpc/ledger.ts has them. */
const RECURSIVE_LIFETIME = 10_000
const TRANSACTION_COUNT = 65_536

type Result = Parameters<Link['settled']>[1]

/** A link that leads nowhere, and notes what it is told. */
class FakeLink implements Link {
  readonly id = idOf(1)
  readonly via = idOf(1)
  readonly isOpen = true
  readonly isRoute = false
  readonly extensions: ReadonlySet<string> = new Set()
  readonly speaksRoute = false
  readonly rateLimits = new RateLimits(DEFAULT_LIMITS)
  lastUsed = 0
  readonly sent: Buffer[] = []
  readonly results: Result[] = []
  /** Whether it takes nothing. */
  isStuck = false

  send(): boolean {
    return false
  }

  sendQuery(_: SentQuery, bytes: Buffer): boolean {
    if (!this.isStuck) this.sent.push(bytes)
    return !this.isStuck
  }

  settled(_: SentQuery, result: Result): void {
    this.results.push(result)
  }
}

function create(t: Test) {
  const clock = new HandClock()
  const counters = new Counters()
  counters.addMethod('ping')
  const ledger = new Ledger(counters)
  const link = new FakeLink()
  t.teardown(() => {
    ledger.close()
    clock.restore()
  })
  /** Begins a query; `ends` gets how it ended, each time that it does. */
  const open = (timeout = TIMEOUT, method = 'ping') => {
    const ends: End[] = []
    const query = ledger.open({ method, timeout, onEnd: end => ends.push(end) })
    return { query, ends }
  }
  const send = (timeout?: number) => {
    const opened = open(timeout)
    opened.query.send(link, {})
    return opened
  }
  /** What became of the queries that ended, without what did not happen. */
  const counted = () =>
    Object.fromEntries(Object.entries(counters.sent.ping ?? {}).filter(([, count]) => count > 0))
  return { clock, ledger, link, open, send, counted }
}

const numberOf = ({ transaction }: Query) => transaction.readUInt16BE(0)

const codeOf = (end: End | undefined) =>
  end?.kind === 'failed' && end.error instanceof WebTorrentDHTError ? end.error.code : undefined

/** All the ways in which a query can end. */
const ENDINGS: Record<string, (query: Query) => void> = {
  'a reply': query => query.reply({ id: idOf(1).bytes }, 30),
  'an error': query => query.refuse([201, Buffer.from('no')], 30),
  'a failure': query => query.fail(new Error('cancelled')),
  'a link that closes': query => query.miss()
}

for (const [what, finish] of Object.entries(ENDINGS)) {
  test(`a query ends once: ${what}, and nothing after it`, t => {
    const { clock, ledger, link, send } = create(t)
    const { query, ends } = send()
    finish(query)
    t.ok(query.isOver)
    t.equal(ledger.at(query.transaction), undefined, 'it is not awaited any more')
    for (const again of Object.values(ENDINGS)) again(query)
    clock.move(TIMEOUT)
    ledger.close()
    t.equal(ends.length, 1)
    t.equal(link.results.length, 1, 'the link is told once')
    t.equal(clock.pending, 0)
    t.end()
  })
}

test('a query reports its end to its asker and its link, and is counted', t => {
  const { link, send, counted, clock } = create(t)
  const replied = send()
  replied.query.reply({ id: idOf(1).bytes }, 30)
  const refused = send()
  refused.query.refuse([201, Buffer.from('no')], 30)
  const missed = send()
  clock.move(TIMEOUT)
  const cancelled = send()
  cancelled.query.fail(new Error('cancelled'))
  t.deepEqual(replied.ends.map(withoutSize), [{ kind: 'replied', values: { id: idOf(1).bytes } }])
  t.deepEqual(refused.ends.map(withoutSize), [{ kind: 'refused', error: [201, Buffer.from('no')] }])
  t.equal(codeOf(missed.ends[0]), 'ETIMEDOUT')
  t.deepEqual(cancelled.ends, [{ kind: 'failed', error: new Error('cancelled'), size: 0 }])
  t.deepEqual(link.results, ['answered', 'answered', 'missed', 'abandoned'])
  t.deepEqual(counted(), { replied: 1, refused: 1, unanswered: 2 })
  t.end()
})

test('a query fails at its deadline, which counts from `open`', t => {
  const { clock, link, open } = create(t)
  const { query, ends } = open()
  clock.move(TIMEOUT / 2)
  query.send(link, {})
  clock.move(TIMEOUT / 2 - 1)
  t.deepEqual(ends, [])
  clock.move(1)
  t.equal(codeOf(ends[0]), 'ETIMEDOUT')
  t.deepEqual(link.results, ['missed'])
  t.end()
})

test('a query that is never sent fails at its deadline, and counts as not sent', t => {
  const { clock, open, counted, link } = create(t)
  const { query, ends } = open()
  clock.move(TIMEOUT)
  t.equal(codeOf(ends[0]), 'ETIMEDOUT')
  t.deepEqual(counted(), { 'not sent': 1 })
  query.send(link, {})
  t.deepEqual(link.sent, [], 'it is too late to send it')
  t.end()
})

test('a query that its link cannot send fails at once', t => {
  const { clock, link, send } = create(t)
  link.isStuck = true
  const { ends } = send()
  t.equal(codeOf(ends[0]), 'ETIMEDOUT')
  t.equal(clock.pending, 0)
  t.end()
})

test('a query is sent with its transaction id, method and arguments', t => {
  const { link, open } = create(t)
  const { query } = open(TIMEOUT, 'echo')
  query.send(link, { x: 5 })
  const { transaction } = query
  t.equal(transaction.length, 2)
  t.deepEqual(parseMessage(link.sent[0] as Buffer), {
    kind: 'query',
    transaction,
    method: 'echo',
    name: Buffer.from('echo'),
    args: { x: 5 }
  })
  t.end()
})

test('queries of unknown methods are not counted: a stranger could invent any number of names', t => {
  const { open, link, counted } = create(t)
  const { query } = open(TIMEOUT, 'echo')
  query.send(link, {})
  query.reply({}, 30)
  t.deepEqual(counted(), {})
  t.end()
})

test('queries of a node to itself are not counted', t => {
  const { send, counted } = create(t)
  const { query } = send()
  query.isToSelf = true
  query.reply({}, 30)
  t.deepEqual(counted(), {})
  t.end()
})

test('a closed ledger fails all queries with ECLOSED, later ones too', async t => {
  const { clock, ledger, send, open, link } = create(t)
  const before = [send(), send(), open()]
  ledger.close()
  t.deepEqual(
    before.map(({ ends }) => codeOf(ends[0])),
    Array(3).fill('ECLOSED')
  )
  const after = open()
  t.deepEqual(after.ends, [], 'not before who opened it has it')
  await Promise.resolve()
  t.equal(codeOf(after.ends[0]), 'ECLOSED')
  const error = await ledger.query(link, 'ping', {}, TIMEOUT).catch(error => error)
  t.equal(error.code, 'ECLOSED')
  t.equal(clock.pending, 0)
})

test('two queries under way never have the same transaction id', t => {
  const { ledger, open } = create(t)
  const { query: first } = open()
  const others = new Set<number>()
  // More than there are ids: they come round, and those that are taken are left out.
  for (let i = 0; i < TRANSACTION_COUNT + 100; i++) {
    const { query } = open()
    if (numberOf(query) === numberOf(first) || numberOf(query) === 0)
      return t.fail(`${numberOf(query)} is given twice`)
    others.add(numberOf(query))
    query.reply({}, 30)
  }
  t.equal(others.size, TRANSACTION_COUNT - 2, 'all others are used, but 0')
  t.equal(ledger.at(first.transaction), first)
  t.end()
})

test('once all transaction ids are in use, new ones are longer', t => {
  const { ledger, open } = create(t)
  const queries = Array.from({ length: TRANSACTION_COUNT + 100 }, () => open().query)
  t.equal(new Set(queries.map(({ transaction }) => transaction.toString('hex'))).size, queries.length)
  const last = queries.at(-1)
  t.equal(last?.transaction.length, 4)
  t.equal(ledger.at(last?.transaction ?? Buffer.alloc(0)), last)
  queries[0]?.reply({}, 30)
  for (const query of queries.slice(-101)) query.reply({}, 30)
  t.equal(open().query.transaction.length, 2, 'and short ones as soon as one is free')
  t.end()
})

test('a query is found only by its whole transaction id', t => {
  const { ledger, send } = create(t)
  const { query } = send()
  t.equal(ledger.at(query.transaction), query)
  const other = Buffer.from(query.transaction)
  other[0] = (other[0] ?? 0) ^ 1
  for (const transaction of [other, query.transaction.subarray(1), Buffer.concat([query.transaction, other])])
    t.equal(ledger.at(transaction), undefined)
  t.end()
})

test('a recursive query is found for ten seconds, since replies may come after its end', t => {
  const { clock, ledger, link, open, send } = create(t)
  const waiting = send(60_000) // one that waits long does not keep the others
  const sendRecursive = () => {
    const { query, ends } = open()
    query.recursive = { neighbour: idOf(1), repliedBy: new Set(), onReply: () => {} }
    query.send(link, {})
    return { query, ends }
  }
  const first = sendRecursive()
  first.query.reply({}, 30)
  clock.move(5000)
  const second = sendRecursive()
  clock.move(RECURSIVE_LIFETIME - 5001)
  open()
  t.equal(ledger.at(first.query.transaction), first.query)
  t.ok(first.query.isOver)
  clock.move(1)
  open()
  t.equal(ledger.at(first.query.transaction), undefined)
  t.equal(ledger.at(second.query.transaction), second.query)
  t.equal(ledger.at(waiting.query.transaction), waiting.query)
  t.deepEqual([first.ends.length, second.ends.length], [1, 1])
  t.end()
})

test('`query` resolves with the values of the reply', async t => {
  const { ledger, link } = create(t)
  const values = ledger.query(link, 'ping', {}, TIMEOUT)
  const message = parseMessage(link.sent[0] as Buffer)
  if (message.kind !== 'query') throw new Error(message.kind)
  ledger.at(message.transaction)?.reply({ id: idOf(1).bytes }, 30)
  t.deepEqual(await values, { id: idOf(1).bytes })
})

test('`query` rejects with EFULL or EREFUSED for an error', async t => {
  const { ledger, link } = create(t)
  const refusedWith = async (code: number) => {
    const error = ledger.query(link, 'ping', {}, TIMEOUT).catch(error => error)
    const message = parseMessage(link.sent.at(-1) as Buffer)
    if (message.kind !== 'query') throw new Error(message.kind)
    ledger.at(message.transaction)?.refuse([code, Buffer.from('the reason')], 30)
    const { code: name, message: text } = await error
    return `${name}: ${text}`
  }
  t.equal(await refusedWith(503), 'EFULL: 503 the reason')
  t.equal(await refusedWith(429), 'EFULL: 429 the reason')
  t.equal(await refusedWith(403), 'EREFUSED: 403 the reason')
})

test('`query` rejects with ETIMEDOUT if no reply comes', async t => {
  const { clock, ledger, link } = create(t)
  const error = ledger.query(link, 'ping', {}, TIMEOUT).catch(error => error)
  clock.move(TIMEOUT)
  t.equal((await error).code, 'ETIMEDOUT')
})

test('an aborted signal rejects `query` with its reason, before and during the wait', async t => {
  const { clock, ledger, link } = create(t)
  const reason = new Error('changed my mind')
  const controller = new AbortController()
  const waiting = ledger.query(link, 'ping', {}, TIMEOUT, controller.signal).catch(error => error)
  controller.abort(reason)
  t.equal(await waiting, reason)
  t.deepEqual(link.results, ['abandoned'], 'the node at the other end has not failed to answer')
  t.equal(await ledger.query(link, 'ping', {}, TIMEOUT, controller.signal).catch(error => error), reason)
  t.equal(link.sent.length, 1)
  t.equal(clock.pending, 0)
})

test('an error of any form can be read', t => {
  const evil = { toString: Buffer.from('x'), valueOf: Buffer.from('y') }
  t.deepEqual(readError([203, Buffer.from('no')]), { code: 203, message: '203 no' })
  t.deepEqual(readError([203, Buffer.from('none of'), 5]), { code: 203, message: '203 none of 5' })
  t.deepEqual(readError([Buffer.from([0xc3, 0xbc])]), { code: 0, message: '\u00fc' })
  t.deepEqual(readError([203, evil, [[evil]]]), { code: 203, message: '203' }, 'what has no text is left out')
  t.deepEqual(readError([]), { code: 0, message: '' })
  for (const nothing of [undefined, 5, evil, Buffer.from('x')])
    t.deepEqual(readError(nothing), { code: 0, message: 'Unknown error' })
  t.end()
})
