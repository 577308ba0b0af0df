/** The kinds of network that a node can be in: whether others can reach it, and which. */

import type { KindOf } from './wire/candidates.js'

/**
 * - `public`: this machine has a public address of its own
 * - `nat`: behind a NAT that shows all others the same port
 * - `symmetric`: behind a NAT that shows each other end a port of its own: only those who can be reached without help meet it
 * - `blocked`: UDP does not get out
 * - `unknown`: not found out, or not asked
 */
export type NetworkKind = 'public' | 'nat' | 'symmetric' | 'blocked' | 'unknown'

/** @internal */
export interface ProbeOptions {
  signal: AbortSignal
  /** The addresses of this machine. */
  own: readonly string[]
  kindOf: KindOf
  /** Called for each server that answers, at once. */
  onAnswered(server: string): void
}

/** @internal What a probe has found out. */
export interface Probed {
  kind: NetworkKind
  /** The servers that were asked and have not answered. */
  silent: readonly string[]
}

/** @internal Asks STUN servers from one socket. Rejects if there is none. @param servers `stun:host:port` */
export type ProbeNetwork = (servers: readonly string[], options: ProbeOptions) => Promise<Probed>
