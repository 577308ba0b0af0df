/** Whether this node is in the DHT, in one line. */

import type { PageNode } from '../model/page-node.js'
import { count } from '../text.js'

export function StatusLine({ node }: { node: PageNode }) {
  const status = node.status.value
  return (
    <p class={`status is-${status}`} role="status">
      <i class="lamp" aria-hidden="true" />
      {describe(node)}
    </p>
  )
}

function describe(node: PageNode): string {
  if (!('RTCPeerConnection' in globalThis))
    return 'This browser has no WebRTC, so this page cannot be a node.'
  switch (node.status.value) {
    case 'joining':
      return `Joining through ${location.host} …`
    case 'connected':
      return `Ready: connected to ${count(node.neighbourhood.value.counts.connected, 'node')}`
    case 'alone':
      return `Nobody is connected. This tab goes on trying. ${node.reason.value}`.trim()
  }
}
