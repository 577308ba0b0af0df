/** The page, put together. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { PageNode } from './model/page-node.js'
import { BucketsPanel } from './panels/buckets-panel.js'
import { CallPanel, type Calls, useCalls } from './panels/call-panel.js'
import { ConnectionsPanel } from './panels/connections-panel.js'
import { CountersPanel } from './panels/counters-panel.js'
import { Glossary } from './panels/glossary.js'
import { Identity } from './panels/identity.js'
import { InvitePanel } from './panels/invite-panel.js'
import { LogPanel } from './panels/log-panel.js'
import { Panel } from './panels/panel.js'
import { PeersPanel } from './panels/peers-panel.js'
import { SharePanel } from './panels/share-panel.js'
import { StatusLine } from './panels/status.js'
import { ValuesPanel } from './panels/values-panel.js'
import { Legend } from './picture/legend.js'
import { NodeDetails } from './picture/node-details.js'
import { Picture } from './picture/picture.js'

const NARROW = '(max-width: 640px)'

export function App({ node }: { node: PageNode }) {
  const calls = useCalls(node)
  return (
    <>
      <header class="top">
        <div class="intro">
          <p class="eyebrow">webtorrent-dht</p>
          <h1>This tab is a DHT node</h1>
          <p>
            A distributed hash table: browsers and servers that find peers and keep small values for each
            other, connected by WebRTC, without a central server. Open this page in a second tab, and both are
            nodes.
          </p>
        </div>
        <StatusLine node={node} />
        <Identity node={node} />
      </header>
      <main class="grid">
        <SharePanel node={node} />
        <InvitePanel node={node} />
        <div class="others">
          <PicturePanel node={node} calls={calls} />
          <CallPanel calls={calls} />
        </div>
        <div class="actions">
          <PeersPanel node={node} onCall={calls.call} />
          <ValuesPanel node={node} />
        </div>
        <CountersPanel node={node} />
        <BucketsPanel neighbourhood={node.neighbourhood.value} />
        <ConnectionsPanel neighbourhood={node.neighbourhood.value} />
        <LogPanel node={node} />
      </main>
    </>
  )
}

function PicturePanel({ node, calls }: { node: PageNode; calls: Calls }) {
  const isNarrow = useMedia(NARROW)
  const neighbourhood = node.neighbourhood.value
  return (
    <Panel
      name="picture"
      title="Who is connected to whom"
      hint="As far as this node knows. Clockwise from the top, the others are farther and farther away."
    >
      <Picture neighbourhood={neighbourhood} isNarrow={isNarrow} />
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
