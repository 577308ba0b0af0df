/** Who stores something: a node that is connected, or one that comes over a route. */

import type { Link } from '../../src/connections/link.js'
import { Id } from '../../src/id.js'
import { KRPCError } from '../../src/krpc/errors.js'
import type { Asker } from '../../src/krpc/method.js'

/** The id whose bytes are all this number. */
export const idOf = (number: number): Id => Id.of(Buffer.alloc(20, number))

/** @param via the neighbour that it comes through: itself, where it is connected */
export function askerOf(id: Id, via: Id = id): Asker {
  const link = { id, via, isRoute: via !== id } as unknown as Link
  return { id, link, address: { host: '240.0.0.1', port: 1 }, transaction: Buffer.from('aa') }
}

/** The error that a query would be answered with; `null` if there is none. */
export async function refusalOf(work: () => unknown): Promise<KRPCError | null> {
  try {
    await work()
    return null
  } catch (error) {
    if (error instanceof KRPCError) return error
    throw error
  }
}
