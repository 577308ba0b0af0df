/** What the node names and stores: nodes, announcements, values. */

import { createKey } from './keys.mjs'
import { check, codeOf, encode, FRAME, frame, hex, ID_BYTES, idOf, same, sha1, X } from './wire.mjs'

/** Puts values one after the other; gives the errors. */
async function putAll({ b }, values) {
  const { token } = (await b.query('get', { target: X })).message.r
  const errors = []
  for (const value of values) errors.push(codeOf(await b.query('put', { token, ...value })))
  return errors
}

export const storing = [
  [
    'M41',
    'an entry of `nodes` is an id and six bytes',
    async ({ b }) => {
      const { nodes } = (await b.query('find_node', { target: idOf('D') })).message.r
      check(nodes.length > 0 && nodes.length % 26 === 0, `${nodes.length} bytes`)
    }
  ],
  [
    'M54',
    'a reply names the neighbours, the asker last',
    async ({ b, c }) => {
      const { nodes } = (await b.query('find_node', { target: b.id })).message.r
      const named = Array.from({ length: nodes.length / 26 }, (_, i) =>
        hex(nodes.subarray(26 * i, 26 * i + ID_BYTES))
      )
      check(
        named.includes(hex(c.id)) && named.length <= 8,
        'the other neighbour is missing, or there are too many'
      )
      check(!named.includes(hex(b.id)) || named.at(-1) === hex(b.id), 'the asker is not the last')
    }
  ],
  [
    'M55',
    'a reply to `get` has a token, and nodes beside a value',
    async ({ b }) => {
      const { token } = (await b.query('get', { target: X })).message.r
      await b.query('put', { token, v: 'probe' })
      const { r } = (await b.query('get', { target: sha1(encode('probe')) })).message
      check(r.token && r.nodes?.length > 0 && String(r.v) === 'probe', `only ${Object.keys(r)}`)
    }
  ],
  [
    'M56',
    'a token is taken over another way, too',
    async ({ b, c, node }) => {
      const { token } = (await b.query('get_peers', { info_hash: idOf('F') })).message.r
      const announce = encode({
        t: 'ap',
        y: 'q',
        q: 'announce_peer',
        a: { id: b.id, info_hash: idOf('F'), port: 1, token }
      })
      c.send(frame([b.id, c.id, node], 2, announce))
      const { carried } = await c.takeFrame(FRAME)
      check(carried.r, `error ${carried.e}`)
    }
  ],
  [
    'M81',
    'an announcement has the port and the id of the announcer',
    async ({ b, c }) => {
      const infoHash = idOf('H')
      const { token } = (await b.query('get_peers', { info_hash: infoHash })).message.r
      await b.query('announce_peer', { info_hash: infoHash, port: 4660, token })
      const { values } = (await c.query('get_peers', { info_hash: infoHash })).message.r
      same(
        values?.map(value => hex(value.subarray(4))),
        [`1234${hex(b.id)}`],
        'port and id'
      )
    }
  ],
  [
    'M82',
    'values have limits',
    async context => {
      same(
        await putAll(context, [
          { v: '' },
          { v: [1, { a: 'x' }] },
          { v: 'x'.repeat(999) },
          { v: 'x'.repeat(1000) }
        ]),
        [null, null, null, 205],
        'errors'
      )
    }
  ],
  [
    'M83',
    'nothing newer: `seq` alone',
    async context => {
      const { value, k } = createKey()
      await putAll(context, [value(2, 'two')])
      const { r } = (await context.b.query('get', { target: sha1(k), seq: 2 })).message
      check(r.seq === 2 && !r.v && !r.sig && !r.k, `also ${Object.keys(r)}`)
    }
  ],
  [
    'M84',
    'versions replace each other',
    async context => {
      const { value } = createKey()
      const puts = [
        value(2, 'two'),
        value(2, 'two'),
        value(2, 'other'),
        value(1, 'one'),
        { ...value(3, 'three'), cas: 1 },
        { ...value(3, 'three'), cas: 2 }
      ]
      same(await putAll(context, puts), [null, null, 302, 302, 301, null], 'errors')
    }
  ],
  [
    'M86',
    'signatures are valid in the strict sense',
    async context => {
      const { value } = createKey()
      const neutral = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)])
      const forged = { v: 'x', seq: 1, k: neutral, sig: Buffer.concat([neutral, Buffer.alloc(32)]) }
      same(await putAll(context, [value(2, 'two', 1), forged]), [206, 206], 'errors')
    }
  ],
  [
    'M103',
    'announcements are told to whoever watches',
    async ({ b, c }) => {
      const infoHash = idOf('W')
      const tokenOf = async end => (await end.query('get_peers', { info_hash: infoHash })).message.r.token
      await b.query('watch_peers', { info_hash: infoHash, token: await tokenOf(b) })
      await c.query('announce_peer', { info_hash: infoHash, port: 4660, token: await tokenOf(c) })
      const { a } = (await b.takeQuery('tell_peers')).message
      same(
        a.values.map(value => hex(value.subarray(6))),
        [hex(c.id)],
        'the announcer'
      )
    }
  ],
  [
    'M104',
    'what is not watched is refused',
    async ({ b }) => {
      const told = await b.query('tell_peers', { info_hash: idOf('V'), values: [] })
      same(codeOf(told), 403, 'error')
    }
  ]
]
