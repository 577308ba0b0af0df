/** Dials without WebRTC: peers that do what a test says, what answers with them, and time that stands still. */

import { EventEmitter } from 'node:events'
import type { Test } from 'tape'
import type { ConnectionFactory } from '../../src/connections/factory.js'
import { Gathering } from '../../src/connections/gathering.js'
import { Meeting } from '../../src/connections/meeting.js'
import { Surroundings } from '../../src/connections/surroundings.js'
import { Counters } from '../../src/counters.js'
import { Id } from '../../src/id.js'
import type { SimplePeer } from '../../src/index.js'
import type { Ledger } from '../../src/krpc/ledger.js'
import { resolveOptions } from '../../src/options.js'
import { nodePlatform } from '../../src/platform-node.js'
import { Proofs } from '../../src/proofs.js'
import { ApplicationSignals } from '../../src/reaching/application-signals.js'
import { FAKE_SDP } from '../robustness/corpus.js'
import { HandClock } from './hand-clock.js'
import { knownNetwork } from './known-network.js'

/** A peer that does what the test says, and no WebRTC. */
export class FakePeer extends EventEmitter {
  readonly initiator: boolean
  connected = false
  destroyed = false
  readonly signalled: string[] = []

  constructor(initiator: boolean) {
    super()
    this.initiator = initiator
  }

  signal({ type }: { type: string }): void {
    this.signalled.push(type)
    if (type === 'offer') this.describe()
  }

  describe(): void {
    this.emit('signal', { type: this.initiator ? 'offer' : 'answer', sdp: FAKE_SDP })
  }

  connect(): void {
    this.connected = true
    this.emit('connect')
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }
}

export const asPeer = (peer: FakePeer) => peer as unknown as SimplePeer

export const STRANGER = Id.of(Buffer.alloc(20, 'S'))
export const OFFER = { id: STRANGER, type: 'offer' as const, sdp: FAKE_SDP, extensions: [] }

/** A way that no candidates can follow on. */
export const LINK = { id: STRANGER, via: null, isRoute: false, extensions: new Set<string>() }

/** Has everything happen that waits for nothing but its turn. */
export const turn = () => new Promise(resolve => setImmediate(resolve))

/** What dials and answers, with peers that do what the test says. `areCareful`: each peer, whether it was to be. */
export function createSignals(ledger: Pick<Ledger, 'query'>) {
  const peers: FakePeer[] = []
  const areCareful: boolean[] = []
  const factory = {
    hasTurn: false,
    hasOwnTurn: false,
    prepare: async () => {},
    createPeer: (initiator: boolean, isCareful = false) => {
      const peer = new FakePeer(initiator)
      peers.push(peer)
      areCareful.push(isCareful)
      return peer
    },
    gather: (peer: SimplePeer) => new Gathering(peer, 0)
  } as unknown as ConnectionFactory
  const options = resolveOptions({ platform: nodePlatform })
  const surroundings = new Surroundings(options)
  const proofs = new Proofs(options, new Counters())
  const reachOf = () => surroundings.ofNeighbour(undefined)
  const meeting = new Meeting(knownNetwork(), surroundings)
  const connector = { factory, proofs, surroundings, meeting, reachOf }
  const signals = new ApplicationSignals(options, ledger as Ledger, connector, { wayTo: () => null })
  return { signals, peers, areCareful }
}

/** What answers dials, with peers that do what the test says, and time that stands still. */
export function createAnswering(t: Test): {
  signals: ApplicationSignals
  peers: FakePeer[]
  clock: HandClock
} {
  const query = () => Promise.reject(new Error('nobody is dialled'))
  const { signals, peers } = createSignals({ query })
  const clock = new HandClock()
  t.teardown(() => {
    signals.close()
    clock.restore()
  })
  return { signals, peers, clock }
}
