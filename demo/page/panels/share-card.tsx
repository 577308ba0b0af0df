/** One torrent: how it goes, the links to it, who else has it, and what is in it. */

import type { Status } from 'webtorrent-dht'
import { formatBytes } from '../../bytes.js'
import { magnetOf } from '../../torrents.js'
import { pageLinkOf } from '../model/magnet-link.js'
import type { Share, ShareView } from '../model/share.js'
import { describeShare, percent } from '../model/share-status.js'
import { shortId, visible } from '../text.js'
import { CopyButton } from './copy-button.js'
import { LinkRow } from './link-row.js'
import { ShareFiles } from './share-files.js'
import { SharePeers } from './share-peers.js'

interface Props {
  share: Share
  status: Status
  onRemove: () => void
}

export function ShareCard({ share, status, onRemove }: Props) {
  const view = share.view.value
  const name = visible(view.name) || shortId(view.infoHash ?? '')
  return (
    <article class={`share is-${view.state}`} aria-label={name}>
      <header>
        <h3 title={name}>{name}</h3>
        <span class="muted">{view.size === null ? '' : formatBytes(view.size)}</span>
        <button type="button" class="small" aria-label={`Remove ${name}`} onClick={onRemove}>
          Remove
        </button>
      </header>
      <div class="share-state">
        <progress value={view.progress} max={1} aria-label="Progress">
          {percent(view.progress)}
        </progress>
        <p class="share-status" role="status">
          {describeShare(view, share.isOwn, status)}
        </p>
        <Links view={view} />
        <SharePeers peers={view.peers} />
      </div>
      <ShareFiles
        files={view.files}
        isComplete={view.state === 'complete'}
        isFailed={view.state === 'failed'}
      />
    </article>
  )
}

function Links({ view: { infoHash, name, state } }: { view: ShareView }) {
  if (infoHash === null || state === 'failed') return <div class="links is-awaited" />
  const link = { infoHash, name }
  return (
    <>
      <LinkRow link={pageLinkOf(link)} what="file" />
      <div class="links">
        <a class="button small" href={pageLinkOf(link)} target="_blank" rel="noreferrer">
          Open in another tab
        </a>
        <CopyButton value={magnetOf(link)} label="magnet link" text="Magnet link" />
      </div>
    </>
  )
}
