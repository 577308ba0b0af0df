/** How this node, another node, a connection and an offer are drawn: in the picture, and in its legend. */

import type { Neighbour } from '../model/neighbourhood.js'
import { CENTRE, HUB_RADIUS, onCircle, type Point } from './geometry.js'

const OFFER_LENGTH = 22
/** As many as the package keeps. */
const MAX_OFFERS = 16
/** The stubs are on the left, where the fewest connections are: a routing table has few far nodes. */
const FIRST_OFFER = 0.97
const OFFER_GAP = 0.028

/** A square for a node that runs an HTTP server: others can join there. */
export function NodeMark({
  node,
  radius
}: {
  node: Pick<Neighbour, 'state' | 'httpServer'>
  radius: number
}) {
  const size = node.state === 'known' ? radius * 0.6 : radius
  if (!node.httpServer) return <circle class={`node is-${node.state}`} r={size} />
  const side = size * 1.8
  return (
    <rect class={`node is-${node.state}`} x={-side / 2} y={-side / 2} width={side} height={side} rx="3" />
  )
}

export function Spoke({
  from,
  to,
  node
}: {
  from: Point
  to: Point
  node: Pick<Neighbour, 'state' | 'tags'>
}) {
  const kind = node.state === 'connecting' ? 'is-connecting' : node.tags.length > 0 ? 'is-tagged' : 'is-spare'
  return <line class={`spoke ${kind}`} x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
}

/** Stubs round the middle: connections of which nobody has taken the other end yet. */
export function Offers({ count }: { count: number }) {
  const shown = Math.min(count, MAX_OFFERS)
  return (
    <g class="offers">
      {Array.from({ length: shown }, (_, index) => {
        const share = FIRST_OFFER - index * OFFER_GAP
        const from = onCircle(share, HUB_RADIUS)
        const to = onCircle(share, HUB_RADIUS + OFFER_LENGTH)
        return (
          <g key={index}>
            <line class="offer" x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
            <circle class="offer-end" cx={to.x} cy={to.y} r="3" />
          </g>
        )
      })}
    </g>
  )
}

export function Hub({ id }: { id: string }) {
  return (
    <g class="hub">
      <circle cx={CENTRE.x} cy={CENTRE.y} r={HUB_RADIUS} />
      <text x={CENTRE.x} y={CENTRE.y} dy="-0.25em" text-anchor="middle">
        this tab
      </text>
      <text class="hub-id" x={CENTRE.x} y={CENTRE.y} dy="1.15em" text-anchor="middle">
        {id.slice(0, 6)}
      </text>
    </g>
  )
}
