/**
 * The figures as a picture: latency and connections against the size of the network. GitHub shows it in light and in dark mode:
 * the colours of its lines are seen on both, and its text follows the reader's.
 */

import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Design } from '../settings.js'
import type { LookupFigures } from './figures.js'

const WIDTH = 300
const HEIGHT = 280
/** Above the charts. */
const HEAD = 34
const MARGINS = { marginLeft: 42, marginRight: 26, marginTop: 58, marginBottom: 40 }
const COLOURS: Record<Design, string> = { routes: '#2f81f7', eager: '#db6d28' }
const NAMES: Record<Design, string> = { routes: 'with routes', eager: 'eager signals alone' }
const DASHES = '5 4'
const STYLE = `svg { color: #1f2328; background: none }
text { font: 12px system-ui, sans-serif }
.title text { font-weight: 600 }
@media (prefers-color-scheme: dark) { svg { color: #e6edf3 } }`

interface Chart {
  title: string
  subtitle: string
  solid(figures: LookupFigures): number | null | undefined
  dashed?(figures: LookupFigures): number | null | undefined
}

const SECOND = 1000
const CHARTS: Chart[] = [
  {
    title: 'Seconds that a lookup takes',
    subtitle: 'medians; to the first result (dashed)',
    solid: ({ end }) => end && end.median / SECOND,
    dashed: ({ firstResult }) => firstResult && firstResult.median / SECOND
  },
  {
    title: 'RTCPeerConnections that a lookup makes',
    subtitle: 'at both ends; mean',
    solid: ({ connectionsMade }) => connectionsMade?.mean
  },
  {
    title: 'Open connections of a node',
    subtitle: 'median, and 99 % (dashed)',
    solid: ({ connections }) => connections?.median,
    dashed: ({ connections }) => connections?.most
  }
]

/** @returns an SVG */
export function plot(all: LookupFigures[]): string {
  const { document } = parseHTML('<html><body></body></html>')
  const designs = [...new Set(all.map(({ design }) => design))]
  const charts = CHARTS.map((chart, i) => {
    const svg = draw(chart, all, designs, document as unknown as Document)
    svg.setAttribute('x', String(i * WIDTH))
    svg.setAttribute('y', String(HEAD))
    return svg.outerHTML
  })
  const size = [CHARTS.length * WIDTH, HEAD + HEIGHT] as const
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.join(' ')}" width="${size[0]}" height="${size[1]}">
<title>What a lookup takes in networks of ${[...new Set(all.map(({ nodes }) => nodes))].join(', ')} nodes</title>
<style>${STYLE}</style>
<g fill="currentColor">${designs.map(createKey).join('')}</g>
${charts.join('\n')}
</svg>
`
}

function createKey(design: Design, i: number): string {
  const x = MARGINS.marginLeft + 110 * i
  const line = `<path d="M${x} 18h18" stroke="${COLOURS[design]}" stroke-width="2.5"/>`
  return `${line}<text x="${x + 24}" y="22">${NAMES[design]}</text>`
}

function draw(
  { title, subtitle, solid, dashed }: Chart,
  all: LookupFigures[],
  designs: Design[],
  document: Document
): Element {
  const sizes = [...new Set(all.map(({ nodes }) => nodes))].sort((a, b) => a - b)
  const toMarks = (take: NonNullable<Chart['dashed']>, isDashed: boolean) =>
    designs.flatMap(design => {
      const points = all
        .filter(figures => figures.design === design)
        .map(figures => ({ nodes: figures.nodes, value: take(figures) }))
      const options = { x: 'nodes', y: 'value', stroke: COLOURS[design] }
      const dashes = isDashed && { strokeDasharray: DASHES }
      return [
        Plot.line(points, { ...options, strokeWidth: 2, ...dashes }),
        Plot.dot(points, { ...options, fill: COLOURS[design], r: 3 })
      ]
    })
  return Plot.plot({
    document,
    className: 'chart',
    width: WIDTH,
    height: HEIGHT,
    ...MARGINS,
    x: { type: 'log', label: 'nodes in the network', ticks: sizes, tickFormat: ',' },
    y: { zero: true, nice: true, grid: true, ticks: 6, label: null },
    marks: [
      ...toMarks(solid, false),
      ...(dashed ? toMarks(dashed, true) : []),
      Plot.text([title], {
        frameAnchor: 'top-left',
        dx: -MARGINS.marginLeft + 8,
        dy: -46,
        className: 'title'
      }),
      Plot.text([subtitle], { frameAnchor: 'top-left', dx: -MARGINS.marginLeft + 8, dy: -28 })
    ]
  })
}
