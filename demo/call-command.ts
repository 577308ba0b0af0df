/** `call`: says something to another node, over a connection of its own. */

import { done, isHash, messageOf, paint, quote, seconds, shortId, withoutQuotes } from '../src/cli/text.js'
import { UsageError, UserError } from '../src/cli/user-error.js'
import { WebTorrentDHTError } from '../src/index.js'
import { call } from './calls.js'
import type { CommandContext } from './command-context.js'
import { explainCode } from './explanations.js'

const DEFAULT_TEXT = 'hello'
/** Fewer digits may be anybody's. */
const MIN_DIGITS = 4

export async function callNode(typed: string, { dht, display, ready }: CommandContext): Promise<void> {
  const [, digits = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(typed) ?? []
  await ready
  const id = findId(
    digits.toLowerCase(),
    dht.socket.known_nodes().map(node => node.id)
  )
  if (id === dht.nodeId.toString('hex')) throw new UserError('That is this node itself.')
  const calling = call(dht, id, withoutQuotes(rest) || DEFAULT_TEXT).catch(error => {
    if (!(error instanceof WebTorrentDHTError)) throw error
    throw new UserError(explainCode(error) ?? messageOf(error))
  })
  const { text, connecting, roundTrip } = await display.during(`calling ${id.slice(0, 8)}`, calling)
  display.print(done(`${shortId(id)} answers: ${quote(text)}`))
  const times = `connected in ${seconds(connecting)}, there and back in ${roundTrip.toFixed(1)} ms`
  display.print(paint('dim', `  ${times}, over a connection of its own`))
}

/** An id, or the beginning of one that is known. */
function findId(digits: string, known: string[]): string {
  if (isHash(digits)) return digits
  if (digits.length < MIN_DIGITS || !/^[0-9a-f]+$/.test(digits)) {
    throw new UsageError(
      `Whom? A node is called by its id, or by the first digits of one that is known, ${MIN_DIGITS} at least.`
    )
  }
  const [id, ...others] = known.filter(one => one.startsWith(digits))
  if (id === undefined) throw new UserError(`No known id begins with ${digits}. Type all 40 digits.`)
  if (others.length > 0) throw new UserError(`Several known ids begin with ${digits}. Type more of it.`)
  return id
}
