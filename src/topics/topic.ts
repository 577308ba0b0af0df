/**
 * A topic: small values that many publish under one name. The nodes nearest to the name store them until they expire, whether or not
 * their publishers are still there, and nobody connects to a publisher.
 */

import type { WebTorrentDHT } from '../faces/webtorrent-dht.js'
import type { PromiseOptions } from '../reaching/abortable.js'

/** The part of a node that a topic needs. */
export type TopicDHT = Pick<
  WebTorrentDHT,
  'nodeId' | 'destroyed' | 'promises' | 'socket' | '_tables' | 'on' | 'off'
>

/** A value of a topic. */
export interface Published<Value = unknown> {
  /** The public key of its publisher, in hex. Nobody else can publish under it. */
  readonly publisher: string
  readonly value: Value
  /** When it was published, by the clock of its publisher: milliseconds since the epoch, as `expiresAt`. */
  readonly publishedAt: number
  readonly expiresAt: number
}

export interface PublishOptions extends PromiseOptions {
  /** Milliseconds until the value expires: from 1 s to 24 h. Default: 1 h. */
  lifetime?: number | undefined
}

/** The outcome of a `publish`. */
export interface PublishResult {
  /** How many nodes store the value. */
  readonly nodes: number
  readonly expiresAt: number
}

/** @typeParam Value what publishers publish: a promise of the application's, nobody checks what strangers publish */
export interface Topic<Value = unknown> {
  /** Its name. */
  readonly name: string
  /**
   * Publishes a value, in the place of an earlier one under the same key. Until it expires or the topic is closed, this node puts it
   * where it should be again, every 15 minutes and whenever it comes into the network.
   *
   * @param value what JSON has, 512 bytes at most
   * @throws WebTorrentDHTError `EINVAL`; `ENONODES` if there is no node to store it yet; `EREFUSED` if none stores it: the clock may be
   * wrong, or the topic is full; `ETIMEDOUT`; `EAPPLICATION` if `sign` failed; `ECLOSED`
   */
  publish(value: Value, options?: PublishOptions): Promise<PublishResult>
  /**
   * Withdraws what was published under the key of this topic: queries do not give it any more.
   *
   * @throws WebTorrentDHTError as `publish`
   */
  withdraw(options?: PromiseOptions): Promise<void>
  /**
   * The values of all publishers, each the newest of its key, in the order of their publication.
   *
   * @throws WebTorrentDHTError `EINVAL`; `ECLOSED`
   */
  query(options?: PromiseOptions): Promise<Published<Value>[]>
  /** Publishes no more. What was published stays until it expires. May be called again. */
  close(): void
}
