/** The event log. */

import type { EventKind } from '../model/event-log.js'
import type { PageNode } from '../model/page-node.js'
import { Panel } from './panel.js'

const MARKS: Record<EventKind, string> = {
  joined: '+',
  left: '−',
  stored: '↓',
  asked: '?',
  called: '«',
  own: '›',
  warning: '!'
}

export function LogPanel({ node }: { node: PageNode }) {
  const entries = node.log.entries.value
  return (
    <Panel
      name="log"
      title="What happens"
      hint="The newest first. › this node did, ? another node asked, « called, ↓ is kept here for others."
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to reach it */}
      <section class="scroll" aria-label="Event log" tabIndex={0}>
        <ol class="log">
          {/* Not keyed: a line that stays where it is and changes what it says moves nothing. */}
          {entries.map(({ at, kind, text }) => (
            <li class={`is-${kind}`}>
              <time>{at.toTimeString().slice(0, 8)}</time>
              <span class="mark" aria-hidden="true">
                {MARKS[kind]}
              </span>
              <span class="wrap">{text}</span>
            </li>
          ))}
        </ol>
        {entries.length === 0 && <p class="muted">Nothing yet.</p>}
      </section>
    </Panel>
  )
}
