/** A method of KRPC: the shapes of its messages, what a query costs its asker, and the response. */

import type { Awaitable } from '../awaitable.js'
import type { Link } from '../connections/link.js'
import type { RateLimits } from '../connections/rate-limits.js'
import type { DropReason } from '../counters.js'
import type { Id } from '../id.js'
import type { Read, Shape } from '../wire/check.js'
import type { Address } from '../wire/compact.js'

/** The node that sent a query. */
export interface Asker {
  /** The asking node. Over a route it is only a claim. */
  readonly id: Id
  readonly link: Link
  /** Its address here. */
  readonly address: Address
  /** The query's transaction id; it stays the same when the query is passed on. */
  readonly transaction: Buffer
}

export interface Reply {
  /** The fields of `r`, without the id. */
  readonly values: Record<string, unknown>
  /** Called once the reply is sent. */
  afterwards?(): void
}

export interface Method<Name extends string = string> {
  readonly name: Name
  readonly query: Shape
  readonly reply: Shape
  /** Whether a query counts as use of the connection. Keep-alive and gossip do not. */
  readonly isUse: boolean
  /** Whether a query may belong to an application, which uses the same name on a node without a DHT. */
  mayBeForeign?(args: unknown): boolean
  /** Whether replies name nodes. Then a query to a node of 0.18 carries offers for these nodes. */
  readonly isIntroducing: boolean
  /** Checks fields against each other. @returns what is wrong */
  check?(args: object): string | undefined
  /** Charges what a query costs beside the query itself. @returns the rate limit that it exceeds */
  charge?(rateLimits: RateLimits, args: object): DropReason | undefined
  /** Responds to a query. @throws KRPCError for the asker */
  respond(args: object, asker: Asker): Awaitable<Reply>
}

interface Definition<Name extends string, Query extends Shape, Answer extends Shape> {
  name: Name
  query: Query
  reply: Answer
  isUse?: boolean
  mayBeForeign?(args: unknown): boolean
  isIntroducing?: boolean
  check?(args: Read<Query>): string | undefined
  charge?(rateLimits: RateLimits, args: Read<Query>): DropReason | undefined
  respond(args: Read<Query>, asker: Asker): Awaitable<Reply>
}

/** Defines a method, with its arguments typed as its shape has them. */
export function defineMethod<Name extends string, Query extends Shape, Answer extends Shape>(
  definition: Definition<Name, Query, Answer>
): Method<Name> {
  return { isUse: true, isIntroducing: false, ...definition } as Method<Name>
}
