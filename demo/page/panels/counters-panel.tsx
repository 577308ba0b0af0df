/** The counters, with their last two minutes. */

import type { Sample } from '../model/history.js'
import type { PageNode } from '../model/page-node.js'
import { Panel } from './panel.js'
import { Sparkline } from './sparkline.js'

const COUNTERS: { name: keyof Sample; label: string; title: string }[] = [
  { name: 'connected', label: 'nodes connected', title: 'Nodes that this one talks to directly.' },
  { name: 'known', label: 'nodes known', title: 'Connected, or named by a node that is.' },
  {
    name: 'pending',
    label: 'connections not open',
    title: 'Being made, and offers that wait for an answer.'
  },
  { name: 'offers', label: 'offers waiting', title: 'Kept for the next node that can be connected to.' },
  { name: 'made', label: 'connections made', title: 'RTCPeerConnections since the page was loaded.' },
  { name: 'messages', label: 'messages per second', title: 'Queries and replies that came in.' }
]

export function CountersPanel({ node }: { node: PageNode }) {
  const samples = node.history.samples.value
  const now = { messages: 0, ...samples.at(-1), ...node.neighbourhood.value.counts }
  return (
    <Panel name="counters" title="Counters" hint="Now, and over the last two minutes.">
      <ul class="counters">
        {COUNTERS.map(({ name, label, title }) => (
          <li key={name} title={title}>
            <span class="number">{now[name]}</span>
            <span class="counter-label">{label}</span>
            <Sparkline values={samples.map(sample => sample[name])} />
            <span class="peak">highest {Math.max(0, ...samples.map(sample => sample[name]))}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
