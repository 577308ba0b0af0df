/**
 * Gives each node its place on the ring. The angle is its distance from this node, which never changes; nodes at almost the
 * same distance are on different tracks. Who has a place keeps it while others come and go, so that nothing jumps.
 */

import type { Neighbour } from '../model/neighbourhood.js'
import { onCircle, type Point, RING_RADIUS } from './geometry.js'

/** Of the circle's length, that two nodes on the same track are apart at least. */
const LEAST_GAP = 0.021
const TRACKS = 4
const TRACK_WIDTH = 24
/** More would be a hairball. Connected nodes come first, then the nearest. */
export const MAX_DRAWN = 80

const RANK = { connected: 0, connecting: 1, known: 2 }

export interface Placed extends Point {
  node: Neighbour
  share: number
  label: Label
}

export interface Label extends Point {
  anchor: 'start' | 'middle' | 'end'
  text: string
  isShown: boolean
}

export interface LabelSize {
  fontSize: number
  digits: number
}

export class RingLayout {
  #tracks = new Map<string, number>()

  /** @param selected the id of the node that is drawn and has its label in any case */
  place(neighbours: readonly Neighbour[], size: LabelSize, selected: string | null): Placed[] {
    const rank = (node: Neighbour) => (node.id === selected ? -1 : RANK[node.state])
    const drawn = [...neighbours].sort((a, b) => rank(a) - rank(b)).slice(0, MAX_DRAWN)
    const kept = new Map<string, number>()
    const shares: number[][] = Array.from({ length: TRACKS }, () => [])
    const settle = (node: Neighbour, track: number) => {
      kept.set(node.id, track)
      shares[track]?.push(node.distance)
    }
    const isPlaced = (node: Neighbour) => this.#tracks.has(node.id)
    for (const node of drawn.filter(isPlaced)) settle(node, this.#tracks.get(node.id) ?? 0)
    for (const node of drawn.filter(node => !isPlaced(node))) settle(node, freeTrack(node, shares))
    this.#tracks = kept
    return withoutOverlaps(
      drawn.map(node => {
        const point = onCircle(node.distance, RING_RADIUS - (kept.get(node.id) ?? 0) * TRACK_WIDTH)
        return { node, share: node.distance, ...point, label: labelOf(node, size, selected) }
      }),
      size
    )
  }
}

function freeTrack(node: Neighbour, shares: number[][]): number {
  const isFree = (taken: number[]) => taken.every(share => gapBetween(share, node.distance) >= LEAST_GAP)
  return Math.max(0, shares.findIndex(isFree))
}

function gapBetween(first: number, second: number): number {
  const gap = Math.abs(first - second)
  return Math.min(gap, 1 - gap)
}

function labelOf(node: Neighbour, { fontSize, digits }: LabelSize, selected: string | null): Label {
  const { x, y } = onCircle(node.distance, RING_RADIUS + 8 + fontSize / 2)
  const sideways = Math.sin(node.distance * 2 * Math.PI)
  const anchor = Math.abs(sideways) < 0.2 ? 'middle' : sideways > 0 ? 'start' : 'end'
  return {
    x,
    y,
    anchor,
    text: node.id.slice(0, digits),
    isShown: node.state !== 'known' || node.id === selected
  }
}

/** Hides labels that would lie on another one: of a nearer node, or of one that is connected. */
function withoutOverlaps(all: Placed[], { fontSize }: LabelSize): Placed[] {
  const boxes: { left: number; right: number; y: number }[] = []
  return all.map(placed => {
    const { label } = placed
    if (!label.isShown) return placed
    const width = label.text.length * fontSize * 0.63
    const left = label.x - { start: 0, middle: width / 2, end: width }[label.anchor]
    const box = { left, right: left + width, y: label.y }
    const isCovered = boxes.some(
      other => Math.abs(other.y - box.y) < fontSize && other.left < box.right && box.left < other.right
    )
    if (!isCovered) boxes.push(box)
    return { ...placed, label: { ...label, isShown: !isCovered } }
  })
}
