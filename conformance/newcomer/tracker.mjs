/** A tracker that a newcomer can be given beside the bootstrap node. It lets nobody in, and brings offers to whoever stays in the swarm. */

import { randomBytes } from 'node:crypto'
import { WebSocketServer } from 'ws'
import { createOffer } from '../probes/connections.mjs'
import { End } from '../probes/end.mjs'
import { createKey } from '../probes/keys.mjs'
import { check, hex, idOf, same } from '../probes/wire.mjs'

const LINE = /^a=x-wdht-node:(\{.*\})\r?$/gm
/** Seconds until the next announce. */
const INTERVAL = 120
const createId = () => randomBytes(10).toString('hex')
const withLine = (sdp, line) => sdp.replace(/^m=/m, `a=x-wdht-node:${JSON.stringify(line)}\r\nm=`)

export class Tracker {
  /** Descriptions of the newcomer's offers. */
  offers = []
  /** Its answers, by what is special about the offer. */
  answers = {}
  /** What answers its first offer as clients of WebTorrent do. */
  stranger = null
  #made = []
  #sockets = new WebSocketServer({ noServer: true })

  upgrade(request, socket, head) {
    this.#sockets.handleUpgrade(
      request,
      socket,
      head,
      taken => taken.on('message', text => this.#take(taken, String(text)).catch(() => {})) // what is no message gets no response
    )
  }

  get isUsed() {
    return this.offers.length > 0
  }

  /** Whether it has answered the offers that are to be answered. */
  get isOver() {
    return ['unproven', 'good'].every(name => this.answers[name])
  }

  close() {
    for (const socket of this.#sockets.clients) socket.terminate()
    this.stranger?.close()
    for (const { connection } of this.#made) connection.close()
  }

  async #take(socket, text) {
    const { action, info_hash, offers = [], answer, offer_id, left } = JSON.parse(text)
    const send = more => socket.send(JSON.stringify({ action, info_hash, ...more }))
    if (answer) {
      this.answers[offer_id.trim()] = answer.sdp
      return
    }
    send({ interval: INTERVAL, complete: 1, incomplete: 1 })
    for (const { offer_id, offer } of offers) {
      this.offers.push(offer.sdp)
      const sdp = this.stranger
        ? 'v=0\r\na=x-wdht-node:{"refused":"a prober"}\r\n'
        : await this.#answerAsStranger(offer.sdp)
      send({ peer_id: createId(), offer_id, answer: { type: 'answer', sdp } })
    }
    if (left === 0 && this.#made.length === 0) await this.#bring(send)
  }

  async #answerAsStranger(sdp) {
    this.stranger = await End.answer(idOf('T'), sdp)
    return this.stranger.answer.sdp
  }

  async #bring(send) {
    const extensions = ['introduce']
    const lines = {
      foreign: null,
      unproven: { id: hex(createKey().id), extensions },
      good: { id: hex(idOf('U')), extensions }
    }
    this.#made = await Promise.all(Object.keys(lines).map(createOffer))
    for (const [i, [name, line]] of Object.entries(lines).entries()) {
      const { sdp } = this.#made[i]
      const offer = { type: 'offer', sdp: line ? withLine(sdp, line) : sdp }
      send({ peer_id: createId(), offer_id: name.padEnd(20), offer }) // names are their ids
    }
  }
}

function namesIn(sdp) {
  const lines = [...sdp.matchAll(LINE)]
  same(lines.length, 1, 'lines')
  return JSON.parse(lines[0][1])
}

export const overTrackers = [
  [
    'M125',
    'descriptions name the node in a line of their own',
    ({ host: { tracker }, node }) => {
      for (const sdp of [...tracker.offers, tracker.answers.good ?? '']) {
        const { id, extensions } = namesIn(sdp)
        same([id?.toLowerCase(), Array.isArray(extensions)], [hex(node), true], 'id and extensions')
      }
    }
  ],
  [
    'M126',
    'what is without the line gets no answer, and is none',
    ({ host: { tracker } }) => {
      check(tracker.isOver, 'the other offers get none either')
      check(!tracker.answers.foreign, 'an offer without it is answered')
      check(!tracker.stranger?.isOpen, 'an answer without it is taken')
    }
  ],
  [
    'M127',
    'who stays and does not answer says so',
    ({ host: { tracker } }) => {
      const { refused } = namesIn(tracker.answers.unproven ?? '')
      same(typeof refused, 'string', '`refused`')
    }
  ]
]
