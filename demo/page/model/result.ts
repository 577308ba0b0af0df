/** What an action tells the user, in plain language. */

import { explainCode } from '../../explanations.js'
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

/** What goes wrong, in plain words: the one place where the page says so, whoever has thrown it. */
export function explain(error: unknown): string {
  if (error instanceof UserError) return error.message
  const message = error instanceof Error ? error.message : String(error)
  return explainCode(error) ?? `That did not work: ${visible(message).replace(/\.$/, '')}.`
}
