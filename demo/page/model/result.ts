/** What an action tells the user, in plain language. */

import { visible } from '../text.js'

/** A line of what was found. */
export interface ResultItem {
  text: string
  /** The id of another node, in hex, which can be called. */
  id?: string
}

export interface Result {
  tone: 'success' | 'nothing' | 'error' | 'working'
  text: string
  /** What was found, one a line. */
  items?: ResultItem[]
  /** What the user may want elsewhere. */
  copy?: { label: string; value: string }
}

/** What the person at the page can put right. */
export class UserError extends Error {}

/** Runs an action; whatever goes wrong becomes a result. */
export async function resultOf(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action()
  } catch (error) {
    return { tone: 'error', text: explain(error) }
  }
}

/** Messages of bittorrent-dht and k-rpc that say little to somebody who has not read them. */
const EXPLANATIONS: [RegExp, string][] = [
  [/no nodes to query/i, 'Nobody could be asked: the others have just left. Try again.'],
  [/query timed out|ETIMEDOUT/i, 'Nobody answered in time. Try again.'],
  [/sequence number less than current/i, 'A newer version is stored already. Try again.'],
  [/all queries failed/i, 'None of the nodes that were asked would store it. Try again.']
]

function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof UserError) return message
  return (
    EXPLANATIONS.find(([pattern]) => pattern.test(message))?.[1] ?? `That did not work: ${visible(message)}.`
  )
}
