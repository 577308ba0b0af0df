/** A small curve in a box of fixed size: the last two minutes, now at the right. */

import { HISTORY_LENGTH } from '../model/history.js'

const WIDTH = HISTORY_LENGTH - 1
const HEIGHT = 32
/** Room for the thickness of the line. */
const MARGIN = 2

export function Sparkline({ values }: { values: readonly number[] }) {
  const top = Math.max(1, ...values)
  const start = HISTORY_LENGTH - values.length
  const points = values.map((value, index) => {
    const y = HEIGHT - MARGIN - (value / top) * (HEIGHT - 2 * MARGIN)
    return `${start + index},${y.toFixed(2)}`
  })
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <line class="base" x1="0" y1={HEIGHT - 1} x2={WIDTH} y2={HEIGHT - 1} />
      {points.length > 1 && (
        <>
          <polygon points={`${start},${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`} />
          <polyline points={points.join(' ')} />
        </>
      )}
    </svg>
  )
}
