/** The prober as a newcomer on links over WebSocket. */

import { createHash, randomBytes } from 'node:crypto'
import { WebSocket } from 'ws'
import { createOffer } from './connections.mjs'
import { End, EXTENSIONS, post } from './end.mjs'
import { createKey, isProven, looksBound } from './keys.mjs'
import { check, hex, ID_BYTES, same } from './wire.mjs'

export const PROTOCOL = 'webtorrent-dht'
const NOBODY = Buffer.alloc(ID_BYTES)
/** Close code of a bad offer. */
const BAD_OFFER = 1008
const PATIENCE = 5000

export const createNonce = () => randomBytes(32).toString('hex')

/** The description of one end. */
export function sdpOf(type, server, client) {
  const nonces = Buffer.from(server + client, 'hex')
  const hash = createHash('sha256').update(`wdht websocket 1${type}\0`).update(nonces).digest('hex')
  return `v=0\r\na=fingerprint:sha-256 ${hash.toUpperCase().match(/../g).join(':')}\r\n`
}

/** Begins a link: the server speaks first. @returns `status` if the server refuses it */
function begin(url, nonce = createNonce()) {
  const place = new URL(url)
  place.protocol = place.protocol.replace('http', 'ws')
  if (nonce !== null) place.searchParams.set('nonce', nonce)
  const socket = new WebSocket(place, PROTOCOL)
  socket.binaryType = 'arraybuffer'
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the server says nothing')), PATIENCE)
    socket.on('error', reject)
    socket.once('unexpected-response', (_, { statusCode }) => {
      clearTimeout(timer)
      socket.terminate()
      resolve({ status: statusCode })
    })
    socket.once('message', data => {
      clearTimeout(timer)
      const answer = JSON.parse(String(data))
      resolve({ socket, answer, server: answer.nonce, client: nonce })
    })
  })
}

/** Ends the handshake with an offer. */
function sendOffer({ socket, server, client }, { id, edit = sdp => sdp }) {
  const sdp = edit(sdpOf('offer', server, client))
  socket.send(JSON.stringify({ id: hex(id), type: 'offer', sdp, extensions: EXTENSIONS }))
}

/** A link of a node whose id is bound to a key. */
async function connect({ url, newcomers }) {
  const key = createKey()
  const link = await begin(url)
  const end = End.over(link.socket, key.id)
  newcomers.push(end)
  const to = Buffer.from(link.answer.id, 'hex')
  sendOffer(link, { id: key.id, edit: sdp => key.prove(sdp, { purpose: 'websocket', to }) })
  await end.query('ping')
  return { key, end }
}

const codeOnClose = socket => new Promise(resolve => socket.once('close', resolve))

export const links = [
  [
    'M121',
    'a nonce is 32 bytes, as hex in lower case',
    async ({ url }) => {
      const { socket, server } = await begin(url)
      socket.close()
      check(/^[0-9a-f]{64}$/.test(server), `that of the server: ${server}`)
      for (const nonce of [null, createNonce().slice(2), 'AB'.repeat(32)]) {
        same((await begin(url, nonce)).status, 400, `status for ${nonce}`)
      }
    }
  ],
  [
    'M122',
    'the answer has the hash of both nonces, and a proof of a bound id',
    async ({ url, node }) => {
      const { socket, answer, server, client } = await begin(url)
      socket.close()
      const [version, fingerprint, ...more] = answer.sdp.trim().split('\r\n')
      same(`${version}\r\n${fingerprint}\r\n`, sdpOf('answer', server, client), 'the description')
      const proofs = more.filter(line => line.startsWith('a=x-wdht-key:'))
      same([more.length, proofs.length], looksBound(node) ? [1, 1] : [0, 0], 'more lines, proofs')
    }
  ],
  [
    'M123',
    'an offer with another hash is refused',
    async ({ url }) => {
      const link = await begin(url)
      const closed = codeOnClose(link.socket)
      sendOffer({ ...link, server: createNonce() }, { id: randomBytes(ID_BYTES) })
      same(await closed, BAD_OFFER, 'close code')
    }
  ],
  [
    'M138',
    'a link is no connection to an offer for WebRTC',
    async context => {
      const { key } = await connect(context)
      const { connection, sdp } = await createOffer()
      const offer = { id: hex(key.id), type: 'offer', sdp: key.prove(sdp), extensions: EXTENSIONS }
      const answer = (await post(context.url, offer)).json()
      connection.close()
      check(answer.sdp, 'the answer is an id alone')
    }
  ],
  [
    'M139',
    'of a link and a WebRTC connection the latter is kept',
    async context => {
      const { key, end } = await connect(context)
      const other = await End.join(context.url, { id: key.id, edit: sdp => key.prove(sdp) })
      context.newcomers.push(other)
      check(await end.whenClosed(), 'the link stays')
      await other.query('ping')
    }
  ],
  [
    'M141',
    'the proof in the answer is for anybody',
    async ({ url, node }) => {
      const { socket, answer } = await begin(url)
      socket.close()
      const purpose = { id: node, type: 'answer', purpose: 'websocket', to: NOBODY }
      check(!looksBound(node) || isProven(answer.sdp, purpose), 'it is not')
    }
  ]
]
