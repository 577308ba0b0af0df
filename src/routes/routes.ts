/**
 * The ends of routes: sends queries along a path of connected nodes, and takes the replies that come back on it (extension
 * `route`, bep.md). A frame that cannot be passed on, or seems to be lost, goes again by another path, if one is known.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import type { ResolvedOptions } from '../options.js'
import type { Transactions } from '../signal-exchange/transactions.js'
import type { Contact } from '../upstream.js'
import type { Address } from '../wire/compact.js'
import { encodeFrame, type Frame, MAX_PAYLOAD_BYTES } from '../wire/frame.js'
import { KRPC_ERROR } from '../wire/messages.js'
import { NeighboursOfNeighbours } from './neighbours-of-neighbours.js'
import { findPath } from './path-finding.js'
import { prefixOf } from './prefix.js'
import { RelayCosts } from './relay-costs.js'
import { Route } from './route.js'

/** Milliseconds without a reply after which a query goes by another path as well: few round trips over two hops take longer. */
const REPEAT_AFTER = 500
/** Milliseconds after which a query is over, whoever sent it: a dial waits the longest. */
const LIFETIME = 15_000
/** Paths that one query is sent on. */
const MAX_PATHS = 4
const TRANSACTION_BYTES = 4

interface Attempt {
  /** From the first neighbour to the node. */
  path: string[]
  /** Whether nothing has come back on it. */
  isOut: boolean
}

/** A query on its way. */
interface Sent {
  route: Route
  transaction: Buffer
  payload: Buffer
  attempts: Attempt[]
  sentAt: number
  timer: NodeJS.Timeout | undefined
  mayRepeat: boolean
}

export interface RouteSettings {
  /** Whether a query may reach the node twice. */
  mayRepeat: boolean
}

export class Routes {
  /** What it costs to go over a neighbour. */
  readonly costs: RelayCosts
  readonly neighboursOfNeighbours: NeighboursOfNeighbours
  readonly #options: ResolvedOptions
  readonly #table: ConnectionTable
  readonly #sent = new Map<string, Sent>()
  #next = 0

  constructor(options: ResolvedOptions, table: ConnectionTable, transactions: Transactions) {
    this.#options = options
    this.#table = table
    this.neighboursOfNeighbours = new NeighboursOfNeighbours(options, table, transactions)
    this.costs = new RelayCosts(table)
    table.on('disconnected', id => this.#neighbourLost(id))
  }

  /** A route to a node; `undefined` if none is known. */
  to(id: string, { mayRepeat }: RouteSettings = { mayRepeat: true }): Route | undefined {
    const neighbour = this.#table.get(this.#findPath(id)?.[0] ?? '')
    const address = this.#table.addresses.addressOf(id)
    if (!neighbour || !address) return undefined
    return new Route({
      id,
      address,
      neighbour,
      send: (route, bytes) => this.#send(route, Buffer.from(bytes), mayRepeat),
      missed: route => this.#missed(route)
    })
  }

  /** The relays on the way to a node, in hex: none for a neighbour; `undefined` if no way is known. */
  relaysTo(id: string): string[] | undefined {
    return this.#findPath(id)?.slice(0, -1)
  }

  /** The nodes that are one relay away and nearest to an id. Those farther away are less likely to be there still. */
  nearest(target: Buffer, count: number): Contact[] {
    const { addresses } = this.#table
    for (const { id, relay } of this.neighboursOfNeighbours.waysTo(target, count)) {
      addresses.learn(id, relay, true)
    }
    const prefix = prefixOf(target.toString('hex'))
    const byDistance = [...addresses.strangers]
      .map(id => ({ id, distance: (prefixOf(id) ^ prefix) >>> 0 }))
      .sort((a, b) => a.distance - b.distance)
    const nearest: Contact[] = []
    for (const { id } of byDistance) {
      if (nearest.length === count) break
      const isOneRelayAway = addresses.relaysTo(id).some(relay => this.#isNeighbour(relay))
      const address = addresses.addressOf(id)
      if (isOneRelayAway && address) nearest.push({ id: Buffer.from(id, 'hex'), ...address })
    }
    return nearest
  }

  /** The way back to whoever sent a query. What is sent on it are replies. */
  backTo({ path, transaction }: Frame, neighbour: PeerConnection): Route {
    const back = [...path].reverse()
    return new Route({
      id: path[0]?.toString('hex') as string,
      address: null,
      path,
      neighbour,
      send: (_, bytes) =>
        this.#transmit(neighbour, {
          transaction,
          path: back,
          position: 1,
          payload: Buffer.from(bytes),
          failure: null
        }),
      missed: () => {}
    })
  }

  /** Learns the way to whoever sent a query, from the path that it came on. */
  visited({ path }: Frame): Address {
    const { addresses } = this.#table
    const ids = path.slice(0, -1).map(id => id.toString('hex'))
    for (const [i, relay] of ids.slice(1).entries()) addresses.visited(ids[i] as string, relay)
    return addresses.visited(ids[0] as string, ids[1] as string)
  }

  /** The route on which a reply is awaited that came in a frame; it must come the way that the query went. */
  awaiting({ path, transaction }: Frame): Route | undefined {
    const sent = this.#sent.get(transaction.toString('hex'))
    const back = path
      .slice(0, -1)
      .reverse()
      .map(id => id.toString('hex'))
    const attempt = sent?.attempts.find(({ path }) => path.join() === back.join())
    if (!sent || !attempt) return undefined
    this.costs.trust(relaysOf(attempt))
    this.#end(sent)
    return sent.route
  }

  /** A report that a frame was not passed on; says whether it is about one that is on its way. */
  returned({ path, transaction, failure }: Frame): boolean {
    const sent = this.#sent.get(transaction.toString('hex'))
    const passed = path
      .slice(0, -1)
      .reverse()
      .map(id => id.toString('hex'))
    const attempt = sent?.attempts.find(
      ({ path, isOut }) =>
        isOut && path.length > passed.length && path.slice(0, passed.length).join() === passed.join()
    )
    if (!sent || !attempt) return false
    this.#table.counters.frames.returned++
    const last = passed.at(-1) as string
    if (failure === KRPC_ERROR.NO_ROUTE) {
      this.#unlearn(attempt.path[passed.length] as string, last)
    } else {
      this.costs.suspect([last])
    }
    this.#failed(sent, attempt)
    return true
  }

  close(): void {
    this.neighboursOfNeighbours.close()
    for (const sent of [...this.#sent.values()]) this.#giveUp(sent)
  }

  #findPath(id: string): string[] | undefined {
    return findPath(id, this.#table.id, {
      isNeighbour: other => this.#isNeighbour(other),
      relaysTo: other => this.#table.addresses.relaysTo(other),
      costOf: other => this.costs.of(other)
    })
  }

  #isNeighbour(id: string): boolean {
    return this.#table.get(id)?.takesFrames === true
  }

  #send(route: Route, payload: Buffer, mayRepeat: boolean): boolean {
    this.#forgetOld()
    const transaction = Buffer.alloc(TRANSACTION_BYTES)
    this.#next = (this.#next + 1) % 2 ** 32
    transaction.writeUInt32BE(this.#next, 0)
    const sent: Sent = {
      route,
      transaction,
      payload,
      attempts: [],
      sentAt: performance.now(),
      timer: undefined,
      mayRepeat
    }
    if (payload.length > MAX_PAYLOAD_BYTES || !this.#attempt(sent)) {
      route.isLost = true
      return false
    }
    this.#sent.set(transaction.toString('hex'), sent)
    if (mayRepeat) sent.timer = setTimeout(() => this.#repeat(sent), REPEAT_AFTER)
    return true
  }

  #attempt(sent: Sent): boolean {
    if (sent.attempts.length >= MAX_PATHS) return false
    const path = this.#findPath(sent.route.id)
    const isNew = path && !sent.attempts.some(attempt => attempt.path.join() === path.join())
    const neighbour = this.#table.get(path?.[0] ?? '')
    // A node that is connected by now has no use for a frame, and whoever asks it comes by the connection next time.
    if (!isNew || path.length < 2 || !neighbour) return false
    const ids = [this.#options.id, ...path.map(id => Buffer.from(id, 'hex'))]
    const { transaction, payload } = sent
    if (!this.#transmit(neighbour, { transaction, path: ids, position: 1, payload, failure: null }))
      return false
    sent.attempts.push({ path, isOut: true })
    return true
  }

  #transmit(neighbour: PeerConnection, frame: Frame): boolean {
    const isSent = (frame.payload?.length ?? 0) <= MAX_PAYLOAD_BYTES && neighbour.send(encodeFrame(frame))
    if (isSent) this.#table.counters.frames.sent++
    return isSent
  }

  #repeat(sent: Sent): void {
    if (sent.route.awaited.size === 0) return void this.#end(sent)
    for (const attempt of sent.attempts) if (attempt.isOut) this.costs.suspect(relaysOf(attempt))
    if (this.#attempt(sent)) sent.timer = setTimeout(() => this.#repeat(sent), REPEAT_AFTER)
  }

  /** An attempt came to nothing: the next one, or the end. */
  #failed(sent: Sent, attempt: Attempt): void {
    attempt.isOut = false
    if (this.#attempt(sent) || sent.attempts.some(({ isOut }) => isOut)) return
    this.#giveUp(sent)
  }

  #neighbourLost(id: string): void {
    for (const sent of [...this.#sent.values()]) {
      for (const attempt of sent.attempts) {
        if (!attempt.isOut || attempt.path[0] !== id) continue
        attempt.isOut = false
        // The neighbour may have passed it on before.
        if (sent.mayRepeat) this.#failed(sent, attempt)
        else if (this.#end(sent)) this.#table.gaveUp([...sent.route.awaited])
      }
    }
  }

  #missed(route: Route): void {
    const sent = [...this.#sent.values()].find(other => other.route === route)
    if (!sent) return
    // They may have invented the node, and it would be asked again in each search near it.
    for (const { path } of sent.attempts) this.#unlearn(route.id, path.at(-2) as string)
    for (const attempt of sent.attempts.slice(-1)) this.costs.suspect(relaysOf(attempt))
    this.#end(sent)
  }

  #unlearn(id: string, relay: string): void {
    this.#table.addresses.unlearn(id, relay)
    this.neighboursOfNeighbours.forget(id, relay)
  }

  #giveUp(sent: Sent): void {
    this.#end(sent)
    sent.route.isLost = true
    this.#table.gaveUp([...sent.route.awaited])
  }

  /** @returns whether it was on its way */
  #end(sent: Sent): boolean {
    clearTimeout(sent.timer)
    return this.#sent.delete(sent.transaction.toString('hex'))
  }

  #forgetOld(): void {
    const oldest = performance.now() - Math.max(LIFETIME, 2 * this.#options.queryTimeout)
    for (const sent of this.#sent.values()) {
      if (sent.sentAt > oldest) return
      this.#end(sent)
    }
  }
}

function relaysOf({ path }: Attempt): string[] {
  return path.slice(0, -1)
}
