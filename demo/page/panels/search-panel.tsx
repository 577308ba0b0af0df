/** The newest search, step by step: what the picture shows of it, in words. */

import type { Searched, Searches, SearchView } from '../model/search-view.js'
import { count, seconds, shortId } from '../text.js'
import { Panel } from './panel.js'

const WORDS = { asked: 'asked …', replied: 'replied', failed: 'no reply' }

export function SearchPanel({ searches }: { searches: Searches }) {
  const search = searches.current.value
  return (
    <Panel
      name="search"
      title="The newest search"
      hint="Whom this node has asked, over whom, and who has replied. Files, rooms and notes are all found so."
    >
      <p class="search-status" role="status">
        {search ? describe(search) : 'Nothing has been searched for yet.'}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to reach it */}
      <section class="searched" aria-label="Steps of the search" tabIndex={0}>
        <ol>
          {search?.nodes.map(node => (
            <li key={node.id} class={`is-${node.state}`}>
              <code title={node.id}>{shortId(node.id)}</code>
              <span>{describeWay(node)}</span>
              <span>{WORDS[node.state]}</span>
              <span class="muted">{Math.round(node.at)} ms</span>
            </li>
          ))}
        </ol>
      </section>
    </Panel>
  )
}

function describe({ what, target, nodes, duration }: SearchView): string {
  const subject = what === 'peers' ? 'Who has announced' : 'The value'
  const replied = nodes.filter(({ state }) => state === 'replied').length
  const time = duration === null ? 'goes on' : `took ${seconds(duration)}`
  return `${subject} ${shortId(target)}: ${count(nodes.length, 'node')} asked, ${replied} replied, ${time}.`
}

function describeWay({ id, via }: Searched): string {
  if (via === null) return ''
  return via === id ? 'directly' : `over ${shortId(via)}`
}
