/** The node as a relay and target of offers; the prober as asker, target and full node. */

import { check, encode, hex, idOf, same, signalBy } from './wire.mjs'

/** B asks the node to introduce it to C, which answers this and that. */
async function relays({ b, c }) {
  const signal = signalBy(b.id, { extensions: ['introduce', 'x'] })
  const seen = []
  const ask = async (reply, args = { signal, target: c.id }) => {
    c.replies.peer_connection = given => {
      seen.push(given)
      return reply
    }
    return (await b.query('peer_connection', args)).message
  }
  const answer = signalBy(c.id, { type: 'answer', extensions: ['introduce'] })
  same(encode((await ask({ signal: answer })).r?.signal ?? ''), encode(answer), 'the answer')
  check(!seen[0].target, '`target` is passed on')
  same(encode(seen[0].signal), encode(signal), 'the offer')
  same(encode((await ask({ signal: { id: c.id } })).r?.signal ?? ''), encode({ id: c.id }), 'an id alone')
  const cases = [
    [201, { signal: signalBy(idOf('Z'), { type: 'answer' }) }],
    [201, {}],
    [201, null],
    [401, { error: 401 }],
    [406, { error: 406 }],
    [503, { error: 503 }],
    [503, { error: 429 }],
    [201, { error: 403 }]
  ]
  for (const [due, reply] of cases) same((await ask(reply)).e?.[0], due, `after ${JSON.stringify(reply)}`)
  const count = seen.length
  for (const args of [
    { signal, target: idOf('Y') },
    { signal, target: b.id },
    { signal: signalBy(idOf('Y')), target: c.id }
  ]) {
    same(Object.keys((await ask({ signal: answer }, args)).r ?? {}), ['id'], 'what is not passed on')
  }
  same(seen.length, count, 'offers that C has got')
}

export const introducing = [
  ['M57', 'a relay answers in each case as the table says', relays],
  [
    'M60',
    'an offer under another id than the relay’s is answered',
    async ({ b, offer }) => {
      const { message } = await b.query('peer_connection', {
        signal: signalBy(idOf('G'), { sdp: offer.sdp })
      })
      check(message.r?.signal?.sdp, `no answer: ${message.e}`)
    }
  ],
  [
    'M63',
    '`signals` belong to `nodes`: an answer, an id alone or 0',
    async ({ b, c }) => {
      const answer = signalBy(c.id, { type: 'answer' })
      const ask = async reply => {
        c.replies.peer_connection = reply
        const { r } = (await b.query('find_node', { target: c.id, signals: [signalBy(b.id)] })).message
        check(r.nodes.length === 26 && r.signals.length === 1, 'not one of each')
        return r.signals[0]
      }
      same(hex((await ask(() => ({ signal: answer }))).id), hex(c.id), 'the answer')
      same(Object.keys(await ask(() => ({ signal: { id: c.id } }))), ['id'], 'an id alone')
      same(await ask(() => ({ error: 503 })), 0, 'none')
    }
  ],
  [
    'M66',
    'candidates are passed on with `from`, without `target`',
    async ({ b, c }) => {
      await b.query('candidates', { ufrag: 'abcd', candidates: ['a=candidate:'], target: c.id })
      const { a } = (await c.takeQuery('candidates')).message
      check(a.from?.equals(b.id) && !a.target && String(a.candidates) === 'a=candidate:', 'others')
    }
  ],
  [
    'M70',
    'an offer by a neighbour gets an id alone',
    async ({ b, offer }) => {
      const { r } = (await b.query('peer_connection', { signal: signalBy(b.id, { sdp: offer.sdp }) })).message
      same(Object.keys(r?.signal ?? {}), ['id'], 'the signal')
    }
  ]
]
