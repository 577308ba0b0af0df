/** Nodes whose answers a test decides. */

import type { Awaitable } from '../../src/awaitable.js'
import type WebTorrentDHT from '../../src/index.js'
import type { Asker, Reply } from '../../src/krpc/method.js'

/** @param answer what the node would answer by itself */
export type Answer = (args: object, asker: Asker, answer: () => Awaitable<Reply>) => Awaitable<Reply>

/** Has a node answer the queries of a method in another way. What is wrong with a query, or too much, is refused as ever. */
export function answerWith({ socket }: WebTorrentDHT, name: string, answer: Answer): void {
  const { inbound } = socket.node
  const method = inbound.method(name)
  if (!method) throw new Error(`the node does not know ${name}`)
  inbound.addMethod({
    ...method,
    respond: (args, asker) => answer(args, asker, () => method.respond(args, asker))
  })
}
