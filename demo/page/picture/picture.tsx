/** The live picture: this node in the middle, the others round it, and who is connected to whom. */

import { useMemo } from 'preact/hooks'
import type { Neighbourhood } from '../model/neighbourhood.js'
import { count } from '../text.js'
import { BucketLabels, BucketSlices } from './bucket-slices.js'
import { CENTRE, curveBetween, HEIGHT, WIDTH } from './geometry.js'
import { Hub, NodeMark, Offers, Spoke } from './marks.js'
import { type Placed, RingLayout } from './ring-layout.js'
import { selectedId, toggleSelected } from './selection.js'

/** In a narrow window the whole picture shrinks, so that what is in it has to grow. */
const WIDE = { fontSize: 13, digits: 6, radius: 8, reach: 15 }
const NARROW = { fontSize: 22, digits: 4, radius: 12, reach: 26 }

interface Props {
  neighbourhood: Neighbourhood
  isNarrow: boolean
}

/** For the keyboard and for screen readers there is the table of connections, which says the same. */
export function Picture({ neighbourhood, isNarrow }: Props) {
  const layout = useMemo(() => new RingLayout(), [])
  const size = isNarrow ? NARROW : WIDE
  const placed = layout.place(neighbourhood.neighbours, size, selectedId.value)
  const focus = placed.find(({ node }) => node.id === selectedId.value)?.node.id
  return (
    <svg
      class={`picture${focus ? ' has-focus' : ''}${isNarrow ? ' is-narrow' : ''}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={describe(neighbourhood)}
    >
      <BucketSlices />
      <Links placed={placed} focus={focus} />
      {placed
        .filter(({ node }) => node.state !== 'known')
        .map(({ node, x, y }) => (
          <Spoke key={node.id} from={CENTRE} to={{ x, y }} node={node} />
        ))}
      <BucketLabels />
      <Offers count={neighbourhood.counts.offers} />
      <Hub id={neighbourhood.id} />
      {placed.map(one => (
        <NodeOnRing key={one.node.id} placed={one} size={size} isSelected={one.node.id === focus} />
      ))}
    </svg>
  )
}

interface NodeProps {
  placed: Placed
  size: typeof WIDE
  isSelected: boolean
}

function NodeOnRing({ placed: { node, x, y, label }, size, isSelected }: NodeProps) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the table of connections has a button for each node
    <g class={`place${isSelected ? ' is-selected' : ''}`} onClick={() => toggleSelected(node.id)}>
      <g transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}>
        <circle class="reach" r={size.reach} />
        {isSelected && <circle class="halo" r={size.radius + 6} />}
        <NodeMark node={node} radius={size.radius} />
      </g>
      {label.isShown && (
        <text
          class="label"
          x={label.x}
          y={label.y}
          dy="0.35em"
          text-anchor={label.anchor}
          font-size={size.fontSize}
        >
          {label.text}
        </text>
      )}
    </g>
  )
}

/** Connections between others: a node that names another one is connected to it, or was a moment ago. */
function Links({ placed, focus }: { placed: Placed[]; focus: string | undefined }) {
  const byId = new Map(placed.map(one => [one.node.id, one]))
  const links = new Map<string, { path: string; isFocused: boolean }>()
  for (const to of placed) {
    for (const id of to.node.namedBy) {
      const from = byId.get(id)
      const key = [id, to.node.id].sort().join()
      if (!from || links.has(key)) continue
      links.set(key, { path: curveBetween(from, to), isFocused: focus === id || focus === to.node.id })
    }
  }
  return (
    <g>
      {[...links].map(([key, { path, isFocused }]) => (
        <path key={key} class={`link${isFocused ? ' is-focused' : ''}`} d={path} />
      ))}
    </g>
  )
}

function describe({ counts }: Neighbourhood): string {
  const others = counts.known - counts.connected
  const offers = `${count(counts.offers, 'offer')} waiting for an answer`
  return `This node is connected to ${count(counts.connected, 'node')} and knows ${others} more; ${offers}. The table of connections lists them.`
}
