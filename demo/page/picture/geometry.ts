/** Where things are in the picture: distances from this node are angles, clockwise from the top. Units are those of the viewBox. */

export const WIDTH = 640
export const HEIGHT = 516
export const CENTRE = { x: WIDTH / 2, y: HEIGHT / 2 }
/** Of the circle in the middle, which is this node. */
export const HUB_RADIUS = 44
/** Of the circle that the other nodes are on. */
export const RING_RADIUS = 208

export interface Point {
  x: number
  y: number
}

/** @param share of the full circle, from 0 to 1 */
export function onCircle(share: number, radius: number): Point {
  const angle = share * 2 * Math.PI
  return { x: CENTRE.x + radius * Math.sin(angle), y: CENTRE.y - radius * Math.cos(angle) }
}

/** A slice of a ring, as an SVG path. */
export function ringSlice(from: number, to: number, inner: number, outer: number): string {
  const isLarge = to - from > 0.5 ? 1 : 0
  const [start, end] = [onCircle(from, outer), onCircle(to, outer)]
  const [back, first] = [onCircle(to, inner), onCircle(from, inner)]
  return [
    `M ${pair(start)} A ${outer} ${outer} 0 ${isLarge} 1 ${pair(end)}`,
    `L ${pair(back)} A ${inner} ${inner} 0 ${isLarge} 0 ${pair(first)} Z`
  ].join(' ')
}

/** A curve between two nodes that keeps clear of the middle, so that it is not taken for a connection of this node. */
export function curveBetween(first: Point & { share: number }, second: Point & { share: number }): string {
  const gap = Math.abs(first.share - second.share)
  const isShort = gap <= 0.5
  const middle = (first.share + second.share) / 2 + (isShort ? 0 : 0.5)
  const opposite = isShort ? gap * 2 : (1 - gap) * 2
  const control = onCircle(middle, RING_RADIUS * (0.95 - 0.4 * opposite))
  return `M ${pair(first)} Q ${pair(control)} ${pair(second)}`
}

function pair({ x, y }: Point): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`
}
