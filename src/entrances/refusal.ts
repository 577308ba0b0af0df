/** The status of the response to an offer that this node does not answer. */

import { hasCode } from '../errors.js'

export function statusOf(error: unknown): 400 | 503 {
  return hasCode(error, 'ECONNFAILED') || hasCode(error, 'ENOTPROVEN') ? 400 : 503
}
