/** What is known of the selected node. The box has the same size with and without one. */

import type { Neighbour, Neighbourhood } from '../model/neighbourhood.js'
import { place, shortId } from '../text.js'
import { selectedId } from './selection.js'
import { describeTags } from './tags.js'

interface Props {
  neighbourhood: Neighbourhood
  onCall: (id: string) => void
}

export function NodeDetails({ neighbourhood, onCall }: Props) {
  const node = neighbourhood.neighbours.find(({ id }) => id === selectedId.value)
  return (
    <div class="details-box" aria-live="polite">
      {node ? (
        <Facts node={node} onCall={onCall} />
      ) : (
        <p class="muted">Select a node, here or in the table, to see more of it.</p>
      )}
    </div>
  )
}

function Facts({ node, onCall }: { node: Neighbour; onCall: (id: string) => void }) {
  return (
    <>
      <p class="whom">
        <span class="mono wrap">{node.id}</span>
        <button type="button" class="small" onClick={() => onCall(node.id)}>
          Call
        </button>
      </p>
      <p>{facts(node).join(' · ')}</p>
    </>
  )
}

function facts(node: Neighbour): string[] {
  const states = {
    connected: `connected, ${node.isInitiator ? 'this node made the offer' : 'it made the offer'}`,
    connecting: 'being connected',
    known: 'not connected'
  }
  return [
    states[node.state],
    ...(node.state === 'connected' ? [`needed for: ${describeTags(node.tags)}`] : []),
    `bucket ${node.bucket}`,
    ...(node.httpServer ? [`others join it at ${place(node.httpServer)}`] : []),
    ...(node.namedBy.length > 0 ? [`named by ${node.namedBy.map(shortId).join(', ')}`] : [])
  ]
}
