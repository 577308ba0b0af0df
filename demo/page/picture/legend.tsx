/** What the marks in the picture mean. */

import type { ComponentChildren } from 'preact'
import { NodeMark, Spoke } from './marks.js'
import { Probe, Target } from './search-marks.js'

const SERVER = { host: '', port: 0 }
const LEFT = { x: -16, y: 0 }
const RIGHT = { x: 16, y: 0 }

export function Legend() {
  return (
    <ul class="legend">
      <Entry mark={<NodeMark node={{ state: 'connected', httpServer: null }} radius={7} />}>connected</Entry>
      <Entry mark={<NodeMark node={{ state: 'connected', httpServer: SERVER }} radius={7} />}>
        others can join there
      </Entry>
      <Entry mark={<NodeMark node={{ state: 'known', httpServer: null }} radius={8} />}>
        known by name only
      </Entry>
      <Entry mark={<Spoke from={LEFT} to={RIGHT} node={{ state: 'connected', tags: ['needed'] }} />}>
        needed (tagged)
      </Entry>
      <Entry mark={<Spoke from={LEFT} to={RIGHT} node={{ state: 'connected', tags: [] }} />}>spare</Entry>
      <Entry mark={<Spoke from={LEFT} to={RIGHT} node={{ state: 'connecting', tags: [] }} />}>
        being made
      </Entry>
      <Entry mark={<path class="link" d="M -16 5 Q 0 -9 16 5" />}>between others</Entry>
      <Entry
        mark={
          <g>
            <line class="offer" x1="-9" y1="0" x2="7" y2="0" />
            <circle class="offer-end" cx="9" cy="0" r="3" />
          </g>
        }
      >
        offer waiting
      </Entry>
      <Entry mark={<Target x={0} y={0} />}>what is searched for</Entry>
      <Entry mark={<Probe state="asked" points={[LEFT, RIGHT]} />}>asked</Entry>
      <Entry mark={<Probe state="replied" points={[LEFT, RIGHT]} />}>has replied</Entry>
      <Entry mark={<Probe state="failed" points={[LEFT, RIGHT]} />}>no reply</Entry>
    </ul>
  )
}

function Entry({ mark, children }: { mark: ComponentChildren; children: ComponentChildren }) {
  return (
    <li>
      <svg viewBox="-18 -10 36 20" width="36" height="20" aria-hidden="true">
        {mark}
      </svg>
      {children}
    </li>
  )
}
