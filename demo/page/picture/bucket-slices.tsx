/** The background of the picture: a slice for each bucket, each half as wide as the one before. */

import { HUB_RADIUS, onCircle, RING_RADIUS, ringSlice } from './geometry.js'

/** The nearer buckets share the last slice: theirs would be too narrow to be seen. */
const SLICES = 6
const LABELLED = 4
const OUTER = RING_RADIUS + 1
const LABEL_RADIUS = HUB_RADIUS + 60

export function BucketSlices() {
  return (
    <g class="slices">
      {Array.from({ length: SLICES }, (_, index) => (
        <path
          key={index}
          class={index % 2 === 0 ? 'slice' : 'slice is-odd'}
          d={ringSlice(index < SLICES - 1 ? 2 ** -(index + 1) : 0, 2 ** -index - 1e-6, HUB_RADIUS + 4, OUTER)}
        />
      ))}
    </g>
  )
}

/** Which slice is which; drawn above the connections. */
export function BucketLabels() {
  return (
    <g>
      {Array.from({ length: LABELLED }, (_, index) => {
        const { x, y } = onCircle(1.5 * 2 ** -(index + 1), LABEL_RADIUS + index * 16)
        return (
          <text key={index} class="slice-label" x={x} y={y} dy="0.35em" text-anchor="middle">
            {index < 2 ? `bucket ${index}` : index}
          </text>
        )
      })}
    </g>
  )
}
