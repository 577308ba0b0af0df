/** The machinery: this node, the others, and what goes on between them. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { withSearched } from '../model/neighbourhood.js'
import type { PageNode } from '../model/page-node.js'
import { Legend } from '../picture/legend.js'
import { NodeDetails } from '../picture/node-details.js'
import { Picture } from '../picture/picture.js'
import { BucketsPanel } from './buckets-panel.js'
import { CallPanel, type Calls, useCalls } from './call-panel.js'
import { ConnectionsPanel } from './connections-panel.js'
import { CountersPanel } from './counters-panel.js'
import { Fold } from './fold.js'
import { Glossary } from './glossary.js'
import { Identity } from './identity.js'
import { LogPanel } from './log-panel.js'
import { Panel } from './panel.js'
import { PeersPanel } from './peers-panel.js'
import { SearchPanel } from './search-panel.js'
import { ValuesPanel } from './values-panel.js'

const NARROW = '(max-width: 640px)'

export function InsidePanel({ node }: { node: PageNode }) {
  return (
    <Fold
      name="inside"
      title="Look inside"
      hint="This tab is a node of a distributed hash table: see who is connected to whom, and watch it search."
    >
      {() => <Inside node={node} />}
    </Fold>
  )
}

function Inside({ node }: { node: PageNode }) {
  const calls = useCalls(node)
  const neighbourhood = node.neighbourhood.value
  return (
    <div class="grid">
      <Identity node={node} />
      <div class="others">
        <PicturePanel node={node} calls={calls} />
        <CallPanel calls={calls} />
      </div>
      <div class="actions">
        <SearchPanel searches={node.searches} />
        <PeersPanel node={node} onCall={calls.call} />
        <ValuesPanel node={node} />
      </div>
      <CountersPanel node={node} />
      <BucketsPanel neighbourhood={neighbourhood} />
      <ConnectionsPanel neighbourhood={neighbourhood} />
      <LogPanel node={node} />
    </div>
  )
}

function PicturePanel({ node, calls }: { node: PageNode; calls: Calls }) {
  const isNarrow = useMedia(NARROW)
  const search = node.searches.current.value
  const neighbourhood = withSearched(node.neighbourhood.value, search)
  return (
    <Panel
      name="picture"
      title="Who is connected to whom"
      hint="As far as this node knows. Clockwise from the top, the others are farther and farther away."
    >
      <Picture neighbourhood={neighbourhood} search={search} isNarrow={isNarrow} />
      <NodeDetails neighbourhood={neighbourhood} onCall={calls.call} />
      <Legend />
      <Glossary />
    </Panel>
  )
}

function useMedia(query: string): boolean {
  const matches = useSignal(matchMedia(query).matches)
  useEffect(() => {
    const list = matchMedia(query)
    const onChange = () => {
      matches.value = list.matches
    }
    list.addEventListener('change', onChange)
    return () => list.removeEventListener('change', onChange)
  }, [query])
  return matches.value
}
