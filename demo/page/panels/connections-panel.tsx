/** All known nodes in a table: what the picture shows, for the keyboard, for screen readers and for details. */

import { useRef } from 'preact/hooks'
import type { Neighbour, Neighbourhood } from '../model/neighbourhood.js'
import { selectedId, toggleSelected } from '../picture/selection.js'
import { describeTags } from '../picture/tags.js'
import { place, shortId } from '../text.js'
import { Panel } from './panel.js'

const RANK = { connected: 0, connecting: 1, known: 2 }
const MAX_ROWS = 200

export function ConnectionsPanel({ neighbourhood }: { neighbourhood: Neighbourhood }) {
  const rows = [...neighbourhood.neighbours].sort((a, b) => RANK[a.state] - RANK[b.state]).slice(0, MAX_ROWS)
  const body = useRef<HTMLTableSectionElement>(null)
  const selected = rows.findIndex(({ id }) => id === selectedId.value)
  return (
    <Panel
      name="connections"
      title="Connections"
      hint="A tag says what a connection is needed for. One without is spare: it is closed when room is needed for another."
    >
      <section class="scroll" aria-label="Table of connections">
        <table>
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">State</th>
              <th scope="col">Tagged for</th>
              <th scope="col">Bucket</th>
              <th scope="col">Offer by</th>
              <th scope="col">Others join at</th>
            </tr>
          </thead>
          <tbody ref={body} onKeyDown={event => moveFocus(event, body.current)}>
            {/* Not keyed: a row that stays where it is and changes what it says moves nothing. */}
            {rows.map((node, index) => (
              <Row node={node} isTabStop={index === Math.max(0, selected)} />
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p class="muted">No node is known yet.</p>}
      </section>
    </Panel>
  )
}

function Row({ node, isTabStop }: { node: Neighbour; isTabStop: boolean }) {
  const isSelected = node.id === selectedId.value
  const offeredBy = { true: 'this node', false: 'the other', null: '–' }[`${node.isInitiator}`]
  return (
    <tr class={isSelected ? 'is-selected' : ''}>
      <th scope="row">
        <button
          type="button"
          class="link-button mono"
          aria-pressed={isSelected}
          tabIndex={isTabStop ? 0 : -1}
          title="Show in the picture"
          onClick={() => toggleSelected(node.id)}
        >
          {shortId(node.id)}
        </button>
      </th>
      <td>
        <span class={`state is-${node.state}`}>{node.state}</span>
      </td>
      <td>{node.state === 'connected' ? describeTags(node.tags) : '–'}</td>
      <td>{node.bucket}</td>
      <td>{offeredBy}</td>
      <td>{node.httpServer ? place(node.httpServer) : '–'}</td>
    </tr>
  )
}

/** One tab stop for the whole table; the arrow keys go on from there. */
function moveFocus(event: KeyboardEvent, body: HTMLElement | null): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!step || !body) return
  const buttons = [...body.querySelectorAll('button')]
  const next = buttons[buttons.findIndex(button => button.matches(':focus')) + step]
  next?.focus()
  event.preventDefault()
}
