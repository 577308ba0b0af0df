/** Calls another node: says something to it over a connection of its own. */

import type { WebTorrentDHT } from 'webtorrent-dht'
import { call } from '../../calls.js'
import { explainCode } from '../../explanations.js'
import { readable, seconds, shortId } from '../text.js'
import { isHash } from './info-hash.js'
import { needNodes } from './need-nodes.js'
import { type Result, UserError } from './result.js'

const ID_DIGITS = 40

export async function callNode(dht: WebTorrentDHT, typedId: string, text: string): Promise<Result> {
  const id = readId(typedId)
  if (id === dht.nodeId.toString('hex'))
    throw new UserError('That is this node itself. Copy the id of another tab.')
  await needNodes(dht)
  const answer = await call(dht, id, text).catch(error => {
    const explanation = explainCode(error)
    throw explanation ? new UserError(`${shortId(id)}: ${explanation}`) : error
  })
  const times = `Connected in ${seconds(answer.connecting)}, there and back in ${answer.roundTrip.toFixed(1)} ms`
  return {
    tone: 'success',
    text: `${shortId(id)} answers: ${readable(answer.text)}`,
    items: [{ text: `${times}, over a connection of its own.` }]
  }
}

function readId(typed: string): string {
  const id = typed.trim().toLowerCase()
  if (isHash(id)) return id
  if (id === '') throw new UserError('Paste the id of a node, or press “Call” beside one that was found.')
  throw new UserError(`An id has ${ID_DIGITS} hex digits; this has ${id.length} characters.`)
}
