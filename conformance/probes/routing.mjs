/** Frames and recursive queries: the prober stands at both ends of a path, and on it. */

import { check, encode, FRAME, frame, hex, idOf, ping, same, signalBy, X } from './wire.mjs'

/** Frames that are dropped: neither B nor C gets anything of them. */
async function dropsFrames(bytes, { b, c }) {
  for (const one of bytes) b.send(one)
  const heard = [...(await b.all()), ...(await c.all())]
  const frames = heard.filter(({ message: { p, t } }) => p && t.equals(FRAME))
  check(frames.length === 0, 'something comes of it')
}

/** B asks for C by a recursive query; C gets it from the node. */
async function recurse({ b, c }) {
  const t = b.transaction()
  const a = { id: b.id, recursive: 1, signals: [signalBy(b.id)], target: c.id }
  b.send(encode({ t, y: 'q', q: 'find_node', a }))
  const { message } = await b.answerTo(t)
  return { t, c, reply: message, passed: await c.takeFrame(t) }
}

export const routing = [
  [
    'M47',
    'a frame has a message or a code',
    context =>
      dropsFrames(
        [
          encode({ i: 2, p: Buffer.concat([X, context.b.id, context.node]), t: FRAME, y: 'f', z: 1 }),
          frame([X, context.b.id, context.node], 2, ping(X), { e: 404 })
        ],
        context
      )
  ],
  [
    'M48',
    'a path has 3 to 9 ids, none twice',
    context => {
      const { b, c, node } = context
      const many = [...'STUVWXY'].map(letter => idOf(letter))
      return dropsFrames(
        [
          frame([b.id, node], 1, ping(b.id)),
          frame([X, b.id, node, c.id, X], 2, ping(X)),
          frame([...many, b.id, node, c.id], 8, ping(X))
        ],
        context
      )
    }
  ],
  [
    'M49',
    'a frame is in no frame',
    context => {
      const path = [X, context.b.id, context.node]
      return dropsFrames([frame(path, 2, frame(path, 2, ping(X)))], context)
    }
  ],
  [
    'M79',
    '`release` is refused over a route',
    async ({ b, node }) => {
      const release = encode({ t: 're', y: 'q', q: 'release', a: { id: X } })
      b.send(frame([X, b.id, node], 2, release))
      same((await b.takeFrame(FRAME)).carried.e?.[0], 409, 'error')
    }
  ],
  [
    'M87',
    'frames are checked against their path',
    context => {
      const { b, c, node } = context
      return dropsFrames(
        [
          frame([X, c.id, node, b.id], 2, ping(X)), // by C, as it says
          frame([X, b.id, c.id, node], 2, ping(X)), // for C
          frame([X, b.id, node], 2, ping(idOf('Y'))) // the message is by Y
        ],
        context
      )
    }
  ],
  [
    'M88',
    'a relay changes nothing but `i`',
    async ({ b, c, node }) => {
      const path = [X, b.id, node, c.id]
      b.send(frame(path, 2, Buffer.from('no message'), { x: [1], z: 'y' }))
      same(
        (await c.takeFrame(FRAME)).bytes,
        frame(path, 3, Buffer.from('no message'), { x: [1], z: 'y' }),
        'the frame'
      )
    }
  ],
  [
    'M89',
    'an answer goes back on the path of its query',
    async ({ b, node }) => {
      b.send(frame([X, b.id, node], 2, ping(X)))
      const { p, i, carried } = await b.takeFrame(FRAME)
      same([hex(p), i], [hex(Buffer.concat([node, b.id, X])), 1], 'the path')
      check(carried.r?.id.equals(node), 'it is no reply of the node')
    }
  ],
  [
    'M90',
    'what cannot be passed on is reported, and reports are not',
    async ({ b, c, node }) => {
      const path = [X, b.id, node, idOf('Y')]
      b.send(frame(path, 2, ping(X)))
      const { e, p, i } = await b.takeFrame(FRAME)
      same([e, hex(p), i], [404, hex(Buffer.concat([node, b.id, X])), 1], 'the report')
      await dropsFrames([encode({ e: 404, i: 2, p: Buffer.concat(path), t: FRAME, y: 'f' })], { b, c })
    }
  ],
  [
    'M91',
    '`signals` in a frame are not passed on',
    async ({ b, c, node }) => {
      const find = encode({
        t: 'fn',
        y: 'q',
        q: 'find_node',
        a: { id: X, signals: [signalBy(X)], target: c.id }
      })
      b.send(frame([X, b.id, node], 2, find))
      const { carried } = await b.takeFrame(FRAME)
      check(carried.r && !carried.r.signals, 'the reply has signals')
      const passed = (await c.all()).filter(({ message }) => String(message.q) === 'peer_connection')
      same(passed.length, 0, 'offers that were passed on')
    }
  ],
  [
    'M99',
    'a recursive query is passed on in a frame, without its signals',
    async context => {
      const { passed, t, c } = await recurse(context)
      const { a } = passed.carried
      check(
        passed.t.equals(t) && !a.signals && a.recursive === 1 && a.target.equals(c.id),
        'another query, or `t`'
      )
    }
  ],
  [
    'M101',
    '`next` names those who get a recursive query',
    async context => {
      const { reply, c } = await recurse(context)
      same(hex(reply.r.next ?? []), hex(c.id), '`next`')
    }
  ]
]
