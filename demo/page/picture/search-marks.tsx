/** The newest search in the picture: where its target is, whom it has asked over whom, and who has replied. */

import { distanceShare } from '../model/distance.js'
import type { SearchView } from '../model/search-view.js'
import { CENTRE, onCircle, type Point, RING_RADIUS } from './geometry.js'
import type { Placed } from './ring-layout.js'

/** Half of its height. */
const TARGET_SIZE = 9

interface Props {
  search: SearchView
  placed: readonly Placed[]
  /** This node's id. */
  own: string
}

export function SearchMarks({ search: { number, target, nodes, duration }, placed, own }: Props) {
  const places = new Map<string | null, Point>(placed.map(one => [one.node.id, one]))
  return (
    <g key={number} class={duration === null ? 'search' : 'search is-over'}>
      {nodes.map(({ id, via, state }) => {
        const to = places.get(id)
        const over = via === id ? undefined : places.get(via)
        return to && <Probe key={id} state={state} points={[CENTRE, ...(over ? [over] : []), to]} />
      })}
      <Target {...onCircle(distanceShare(own, target), RING_RADIUS)} />
    </g>
  )
}

/** The way of a query. Its length counts as 1, so that the style sheet can draw it bit by bit. */
export function Probe({ state, points }: { state: string; points: readonly Point[] }) {
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'} ${x.toFixed(1)} ${y.toFixed(1)}`)
  return <path class={`probe is-${state}`} d={path.join(' ')} pathLength={1} />
}

export function Target({ x, y }: Point) {
  const size = TARGET_SIZE
  return (
    <path
      class="target"
      d={`M ${x} ${y - size} L ${x + size} ${y} L ${x} ${y + size} L ${x - size} ${y} Z`}
    />
  )
}
