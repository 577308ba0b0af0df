/** The live picture: this node in the middle, the others round it, and who is connected to whom. */

import type { TargetedKeyboardEvent } from 'preact'
import { useMemo } from 'preact/hooks'
import type { Neighbourhood } from '../model/neighbourhood.js'
import type { SearchView } from '../model/search-view.js'
import { count } from '../text.js'
import { BucketLabels, BucketSlices } from './bucket-slices.js'
import { CENTRE, curveBetween, HEIGHT, WIDTH } from './geometry.js'
import { Hub, NodeMark, Offers, Spoke } from './marks.js'
import { type Placed, RingLayout } from './ring-layout.js'
import { SearchMarks } from './search-marks.js'
import { selectedId, toggleSelected } from './selection.js'

/** In a narrow window the whole picture shrinks, so that what is in it has to grow. */
const WIDE = { fontSize: 13, digits: 6, radius: 8, reach: 15 }
const NARROW = { fontSize: 22, digits: 4, radius: 12, reach: 26 }

/** With more nodes the connections between them are a mere shade, until one is selected. */
const CROWD = 24
/** Keys, and how many nodes they go on clockwise. */
const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

interface Props {
  neighbourhood: Neighbourhood
  search: SearchView | null
  isNarrow: boolean
}

/** One stop of the tab key; the arrow keys go round the ring, and Enter selects. The table of connections says the same. */
export function Picture({ neighbourhood, search, isNarrow }: Props) {
  const layout = useMemo(() => new RingLayout(), [])
  const size = isNarrow ? NARROW : WIDE
  const placed = layout.place(neighbourhood.neighbours, size, selectedId.value)
  const focus = placed.find(({ node }) => node.id === selectedId.value)?.node.id
  const round = [...placed].sort((a, b) => a.share - b.share)
  const classes = [focus && 'has-focus', isNarrow && 'is-narrow', placed.length > CROWD && 'is-crowded']
  return (
    // biome-ignore lint/a11y/useSemanticElements: there are no fieldsets in a drawing
    <svg
      class={['picture', ...classes].filter(Boolean).join(' ')}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="group"
      aria-label={describe(neighbourhood)}
      onKeyDown={moveFocus}
    >
      <BucketSlices />
      <Links placed={placed} focus={focus} />
      {placed
        .filter(({ node }) => node.state !== 'known')
        .map(({ node, x, y }) => (
          <Spoke key={node.id} from={CENTRE} to={{ x, y }} node={node} />
        ))}
      {search && <SearchMarks search={search} placed={placed} own={neighbourhood.id} />}
      <BucketLabels />
      <Offers count={neighbourhood.counts.offers} />
      <Hub id={neighbourhood.id} />
      {round.map((one, index) => (
        <NodeOnRing
          key={one.node.id}
          placed={one}
          size={size}
          isSelected={one.node.id === focus}
          isTabStop={focus === undefined ? index === 0 : one.node.id === focus}
        />
      ))}
    </svg>
  )
}

interface NodeProps {
  placed: Placed
  size: typeof WIDE
  isSelected: boolean
  isTabStop: boolean
}

function NodeOnRing({ placed: { node, x, y, label }, size, isSelected, isTabStop }: NodeProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: there are no buttons in a drawing
    <g
      class={`place${isSelected ? ' is-selected' : ''}`}
      role="button"
      aria-pressed={isSelected}
      aria-label={`${label.text}, ${node.state}`}
      tabindex={isTabStop ? 0 : -1}
      onClick={() => toggleSelected(node.id)}
      onKeyDown={event => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        toggleSelected(node.id)
      }}
    >
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

function moveFocus(event: TargetedKeyboardEvent<SVGSVGElement>): void {
  const step = STEPS[event.key]
  if (step === undefined) return
  const nodes = [...event.currentTarget.querySelectorAll<SVGGElement>('.place')]
  const next = nodes.findIndex(node => node.matches(':focus')) + step
  nodes.at(next % nodes.length)?.focus()
  event.preventDefault()
}

function describe({ counts }: Neighbourhood): string {
  const others = counts.known - counts.connected
  const offers = `${count(counts.offers, 'offer')} waiting for an answer`
  return `This node is connected to ${count(counts.connected, 'node')} and knows ${others} more; ${offers}. The table of connections lists them.`
}
