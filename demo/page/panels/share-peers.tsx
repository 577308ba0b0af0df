/** Who else has a torrent, or wants it: how each was found, and what goes there and comes from there. */

import { formatSpeed } from '../../bytes.js'
import { describeSource } from '../../torrents.js'
import type { Peer } from '../model/share.js'
import { percent } from '../model/share-status.js'
import { shortId } from '../text.js'

export function SharePeers({ peers }: { peers: readonly Peer[] }) {
  return (
    <ul class="share-peers" aria-label="Peers">
      {peers.map(({ id, source, share, down, up }) => (
        <li key={id}>
          <code title={id}>{id.includes(':') ? id : shortId(id)}</code>
          <span>{describeSource(source)}</span>
          <span class="muted">has {share === 1 ? 'all' : percent(share)}</span>
          <span class="rates">
            {down > 0 && <span>↓ {formatSpeed(down)} </span>}
            {up > 0 && <span>↑ {formatSpeed(up)}</span>}
          </span>
        </li>
      ))}
      {peers.length === 0 && <li class="muted">No peer is connected.</li>}
    </ul>
  )
}
