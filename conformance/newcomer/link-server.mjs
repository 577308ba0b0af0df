/** A server that a newcomer can be given beside the bootstrap node. No UDP leads there, so that a link over WebSocket is all that is left. */

import { WebSocketServer } from 'ws'
import { withoutCandidates } from '../probes/connections.mjs'
import { End } from '../probes/end.mjs'
import { isProven, looksBound, proofsIn } from '../probes/keys.mjs'
import { createNonce, PROTOCOL, sdpOf } from '../probes/links.mjs'
import { check, hex, idOf, same } from '../probes/wire.mjs'

const ID = idOf('M')
/** Close code of a server that is full. */
const FULL = 1013

export class LinkServer {
  /** The links that the newcomer has begun: its nonce, and what came of it. The answer on the first one is for another link. */
  begun = []
  #ends = []
  #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => PROTOCOL })

  /** Whether the newcomer has come here. */
  get isUsed() {
    return this.#ends.length > 0
  }

  get isOver() {
    return this.begun.some(({ offer }) => offer)
  }

  /** The answer to an offer: nobody is where it leads. */
  async answer({ sdp }) {
    const end = await End.answer(ID, sdp)
    this.#ends.push(end)
    return { id: hex(ID), type: 'answer', sdp: withoutCandidates(end.answer.sdp), extensions: [] }
  }

  upgrade(request, socket, head) {
    const nonce = new URL(request.url, 'http://localhost').searchParams.get('nonce') ?? ''
    this.#sockets.handleUpgrade(request, socket, head, taken => this.#take(taken, nonce))
  }

  close() {
    for (const socket of this.#sockets.clients) socket.terminate()
    for (const end of this.#ends) end.close()
  }

  #take(socket, nonce) {
    const server = createNonce()
    const link = { nonce, due: sdpOf('offer', server, nonce), offer: null }
    const sdp = sdpOf('answer', server, this.begun.length === 0 ? createNonce() : nonce)
    this.begun.push(link)
    socket.once('message', text => {
      link.offer = read(String(text))
      socket.close(FULL, 'full')
    })
    socket.send(JSON.stringify({ id: hex(ID), type: 'answer', sdp, extensions: [], nonce: server }))
  }
}

function read(text) {
  try {
    return JSON.parse(text)
  } catch {
    return { sdp: text } // the check says so
  }
}

export const overLinks = [
  [
    'M121',
    'a nonce is 32 bytes, as hex in lower case, and new for each link',
    ({ host: { links } }) => {
      const nonces = links.begun.map(({ nonce }) => nonce)
      for (const nonce of nonces) check(/^[0-9a-f]{64}$/.test(nonce), nonce)
      same(new Set(nonces).size, nonces.length, 'nonces')
    }
  ],
  [
    'M122',
    'the offer on a link has the hash of both nonces, and a proof of a bound id',
    ({ host: { links }, node }) => {
      const { due, offer } = links.begun.find(({ offer }) => offer) ?? {}
      check(offer, 'there is none')
      check(offer.sdp?.startsWith(due), `another description: ${offer.sdp}`)
      const purpose = { id: node, type: 'offer', purpose: 'websocket', to: ID }
      same(proofsIn(offer.sdp).length, looksBound(node) ? 1 : 0, 'proofs')
      check(!looksBound(node) || isProven(offer.sdp, purpose), 'the proof is none')
    }
  ],
  [
    'M123',
    'an answer with another hash is refused',
    ({ host: { links } }) => check(!links.begun[0].offer, 'an offer follows')
  ]
]
