/** The prober as a newcomer: HTTP, descriptions, proofs, and the first messages on a connection. */

import { End, post } from './end.mjs'
import { createKey } from './keys.mjs'
import { check, codeOf, hex, idOf, ping, same, X } from './wire.mjs'

/** A newcomer, for one probe. */
async function join({ url, newcomers }, options) {
  const end = await End.join(url, options)
  newcomers.push(end)
  return end
}

export const joining = [
  ['M3', 'the target opens no channel', async ({ b }) => same(b.openedChannels, 0, 'channels')],
  [
    'M6',
    'messages at the very opening are kept',
    async context => {
      const id = idOf('E')
      const end = await join(context, { id, early: Array(16).fill(new Uint8Array(ping(id))) })
      for (let i = 0; i < 16; i++) await end.answerTo(Buffer.from('pp'))
    }
  ],
  [
    'M7',
    'descriptions have limits',
    async ({ url, offer }) => {
      for (const sdp of [
        `s=-\r\n${offer.sdp}`,
        offer.sdp.padEnd(8193, 'x'),
        offer.sdp + 'a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host\r\n'.repeat(33)
      ]) {
        same((await post(url, { type: 'offer', sdp, extensions: [] })).status, 400, 'status')
      }
    }
  ],
  [
    'M10',
    'an answer says active or passive',
    async ({ b }) => {
      check(/^a=setup:(active|passive)\r?$/m.test(b.answer.sdp), 'another role, or none')
    }
  ],
  [
    'M11',
    'an answer holds its candidates',
    async ({ b }) => check(/^a=candidate:/m.test(b.answer.sdp), 'none')
  ],
  [
    'M12',
    'attributes that are not known are ignored',
    async context => {
      await join(context, { edit: sdp => sdp.replace(/^m=/m, 'a=x-not-known:1\r\nm=') })
    }
  ],
  [
    'M18',
    'an id that looks bound needs its proof',
    async ({ url, offer }) => {
      const { id } = createKey()
      same(
        (await post(url, { id: hex(id), type: 'offer', sdp: offer.sdp, extensions: [] })).status,
        400,
        'status'
      )
    }
  ],
  [
    'M19',
    'a proof by another key is none',
    async ({ url, offer }) => {
      const sdp = createKey().prove(offer.sdp)
      same(
        (await post(url, { id: hex(createKey().id), type: 'offer', sdp, extensions: [] })).status,
        400,
        'status'
      )
    }
  ],
  [
    'M20',
    'a proof for anybody is taken in an offer',
    async context => {
      const { id, prove } = createKey()
      const end = await join(context, { id, edit: prove })
      await end.query('ping')
    }
  ],
  [
    'M22',
    'the first message may not name an id that looks bound',
    async context => {
      const end = await join(context, { id: createKey().id, named: false })
      end.send(ping(end.id))
      check(await end.whenClosed(), 'the connection stays')
    }
  ],
  [
    'M36',
    'an answer names the extensions of the offer, in its order',
    async context => {
      const end = await join(context, { extensions: ['x-not-known', 'route', 'introduce'] })
      same(
        end.answer.extensions,
        ['route', 'introduce'].filter(name => end.answer.extensions.includes(name)),
        'extensions'
      )
    }
  ],
  [
    'M38',
    'who speaks `route` speaks `introduce`',
    async ({ b }) => {
      const { extensions } = b.answer
      check(!extensions.includes('route') || extensions.includes('introduce'), extensions.join())
    }
  ],
  [
    'M75',
    'a second connection that the neighbour does not own is closed',
    async context => {
      const { c } = context
      c.replies.ping = ({ fingerprint }) => (fingerprint ? { own: 0 } : {})
      const second = await join(context, { id: c.id, named: false })
      second.send(ping(c.id))
      await c.take(({ message }) => message.a?.fingerprint, 'a question to the neighbour')
      check(await second.whenClosed(), 'the second one stays')
      check(!c.isClosed, 'the first one is closed')
    }
  ],
  [
    'M110',
    'an offer is taken at any path and with any content type',
    async ({ url, offer }) => {
      const { status } = await post(
        new URL('/some/where?x=1', url),
        { type: 'offer', sdp: offer.sdp, extensions: [] },
        { headers: { 'content-type': 'application/x-probe' } }
      )
      same(status, 200, 'status')
    }
  ],
  [
    'M111',
    'the id may be missing over HTTP',
    async context => {
      const end = await join(context, { named: false })
      same(codeOf(await end.query('find_node', { target: X })), null, 'error')
    }
  ],
  [
    'M112',
    'a neighbour, and the node itself, get an id alone',
    async ({ url, offer, b, node }) => {
      for (const id of [b.id, node]) {
        const { json } = await post(url, { id: hex(id), type: 'offer', sdp: offer.sdp, extensions: [] })
        same([json().id.toLowerCase(), json().sdp], [hex(node), undefined], 'the body')
      }
    }
  ],
  [
    'M113',
    'responses have the headers that pages need',
    async ({ url }) => {
      const asked = { 'Access-Control-Request-Private-Network': 'true' }
      const responses = [await fetch(url, { method: 'OPTIONS', headers: asked }), await post(url, 'no offer')]
      same(
        responses.map(({ status }) => status),
        [204, 400],
        'status'
      )
      for (const { headers } of responses) {
        same(
          ['origin', 'methods', 'headers'].map(name => headers.get(`access-control-allow-${name}`)),
          ['*', 'POST, OPTIONS', 'content-type'],
          'headers'
        )
      }
      same(responses[0].headers.get('access-control-allow-private-network'), 'true', 'private network')
    }
  ]
]
