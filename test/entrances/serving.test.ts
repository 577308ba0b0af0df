/** Offers that come through an entrance: whose they count as, and what is shown of the answer. */

import test from 'tape'
import { Surroundings } from '../../src/connections/surroundings.js'
import type { AnswerOffer, Entrance } from '../../src/entrances/entrance.js'
import { Serving } from '../../src/entrances/serving.js'
import { Id } from '../../src/id.js'
import { resolveOptions } from '../../src/options.js'
import { nodePlatform } from '../../src/platform-node.js'
import type { Reach } from '../../src/wire/candidates.js'
import type { HttpSignal, SignalReply } from '../../src/wire/signal.js'
import { codeOf } from '../helpers/calls.js'

const OFFER = { type: 'offer', sdp: 'v=0', id: 'cc'.repeat(20) } as const
const CANDIDATE = 'a=candidate:1 1 UDP 1 10.1.2.3 5000 typ host'

/** A node that serves at one entrance, and notes what it answers. */
function serve(entrance: Partial<Entrance> = {}, bootstrap: string | false = 'dht.example.org:1') {
  const answered: [offer: HttpSignal, origin: string, reach: Reach][] = []
  const answers: AnswerOffer[] = []
  const given: Entrance = { name: 'wss://door/', serve: answer => void answers.push(answer), ...entrance }
  const options = resolveOptions({ platform: nodePlatform, bootstrap, entrances: [given] })
  let reply: SignalReply = { id: options.id, type: 'answer', sdp: `v=0\r\n${CANDIDATE}`, extensions: ['x'] }
  const serving = new Serving(options, {
    answering: {
      answerPassedOn: async (offer, origin, reach) => {
        answered.push([offer, origin, reach])
        return reply
      }
    },
    surroundings: new Surroundings(options),
    onFailed: error => {
      throw error
    }
  })
  serving.start()
  serving.start()
  const [answer] = answers
  if (!answer || answers.length > 1) throw new Error('it serves once')
  return {
    answer,
    answered,
    serving,
    id: options.id,
    replyWithIdAlone: () => {
      reply = { id: options.id }
    }
  }
}

test('what comes through an entrance has a share together, unless the entrance knows the address', async t => {
  const { answer, answered } = serve()
  await answer(OFFER)
  await answer(OFFER, { origin: '203.0.113.5' })
  await answer(OFFER, { origin: '2001:db8:1:2:3::4' })
  await answer(OFFER, { origin: 'somebody' })
  t.deepEqual(
    answered.map(([, origin]) => origin),
    ['behind wss://door/', '203.0.113.5', '2001:db8:1:2::/64', 'behind somebody']
  )
  t.deepEqual(answered[0]?.[0].id, Id.fromHex(OFFER.id))
})

test('only who is near is shown private addresses, and may name them', async t => {
  const cases: [isLocal: boolean, bootstrap: string | false, reach: Reach, isShown: boolean][] = [
    [false, false, 'public', false],
    [false, '127.0.0.1:1', 'public', false],
    [true, 'dht.example.org:1', 'private', true],
    [true, false, 'loopback', true]
  ]
  for (const [isLocal, bootstrap, reach, isShown] of cases) {
    const { answer, answered } = serve({ isLocal }, bootstrap)
    const { sdp = '' } = await answer(OFFER)
    t.equal(answered[0]?.[2], reach)
    t.equal(sdp.includes(CANDIDATE), isShown)
  }
})

test('no offer, the node’s own and one of a connected node are refused', async t => {
  const { answer, answered, id, replyWithIdAlone } = serve()
  for (const wrong of [
    null,
    {},
    { ...OFFER, type: 'answer' },
    { ...OFFER, sdp: 'x' },
    { ...OFFER, id: 'x' }
  ]) {
    t.equal(await codeOf(answer(wrong as typeof OFFER)), 'EINVAL')
  }
  t.equal(await codeOf(answer({ ...OFFER, id: id.hex })), 'EREFUSED')
  t.equal(answered.length, 0)
  replyWithIdAlone()
  t.equal(await codeOf(answer(OFFER)), 'EREFUSED')
})

test('nobody is let in once it is closed', async t => {
  const { answer, serving } = serve()
  serving.close()
  t.equal(await codeOf(answer(OFFER)), 'ECLOSED')
  serving.listening({ host: '127.0.0.1', port: 1 }) // serves nowhere again: it would throw
})
