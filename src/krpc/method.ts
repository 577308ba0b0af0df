/** What a method of KRPC is: the shapes of its messages, what a query costs its asker, and how it is answered. */

import type { Awaitable } from '../awaitable.js'
import type { Link } from '../connections/link.js'
import type { RateLimits } from '../connections/rate-limits.js'
import type { DropReason } from '../counters.js'
import type { Id } from '../id.js'
import type { Read, Shape } from '../wire/check.js'
import type { Address } from '../wire/compact.js'

/** Who sent a query. */
export interface Asker {
  /** The node that says it asks: over a connection it is that node, over a route that is a claim. */
  readonly id: Id
  readonly link: Link
  /** The address that stands for it here. */
  readonly address: Address
  /** Of its query: a query that is passed on keeps it. */
  readonly transaction: Buffer
}

export interface Reply {
  /** The fields of `r`, without the id. */
  readonly values: Record<string, unknown>
  /** What is left to do once the reply is sent. */
  afterwards?(): void
}

export interface Method<Name extends string = string> {
  readonly name: Name
  readonly query: Shape
  readonly reply: Shape
  /** Whether a query is a use of the connection. Keep-alive and gossip are not. */
  readonly isUse: boolean
  /** Whether a query may be an application's, which uses the name for itself where no DHT does. */
  mayBeForeign?(args: unknown): boolean
  /** Whether replies name nodes, so that a query to a node of 0.18 carries offers for these. */
  readonly isIntroducing: boolean
  /** Says what is wrong with fields that are well formed one by one. */
  check?(args: object): string | undefined
  /** Takes what a query costs, beside the one query, out of what its asker may ask; gives the limit that it is over. */
  charge?(rateLimits: RateLimits, args: object): DropReason | undefined
  /** @throws KRPCError for the asker */
  answer(args: object, asker: Asker): Awaitable<Reply>
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
  answer(args: Read<Query>, asker: Asker): Awaitable<Reply>
}

/** Defines a method, with its arguments typed as its shape has them. */
export function defineMethod<Name extends string, Query extends Shape, Answer extends Shape>(
  definition: Definition<Name, Query, Answer>
): Method<Name> {
  return { isUse: true, isIntroducing: false, ...definition } as Method<Name>
}
