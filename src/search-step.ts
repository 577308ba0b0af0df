/** The steps of a search, reported as they happen. */

import type { Bytes } from './bytes.js'

/** A step of a search: an argument of the event `'search'`. */
export interface SearchStep {
  /** The number of the search at this node: all its steps have the same. */
  readonly search: number
  /** The method of its queries: `find_node`, `get_peers` or `get`. */
  readonly method: string
  /** The id that it looks for the nearest nodes of. */
  readonly target: Bytes
  /**
   * - `began`
   * - `asked`: a query was sent to a node
   * - `replied`: a node has replied, the first time; it may have got the query from another node
   * - `failed`: a node has not replied, or with an error
   * - `ended`: no step follows
   */
  readonly name: 'began' | 'asked' | 'replied' | 'failed' | 'ended'
  /** The node; `null` if the step is not about one, and for a place whose node is not known yet. */
  readonly id: Bytes | null
  /** The neighbour that the query went over: the node itself where it is connected; `null` if the query was not sent. */
  readonly via: Bytes | null
}

/** Takes the steps that are about a node. */
export type OnSearchStep = (
  name: 'asked' | 'replied' | 'failed',
  id: SearchStep['id'],
  via: SearchStep['via']
) => void
