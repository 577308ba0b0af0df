/** How it goes with what is shared or opened, in a sentence. */

import type { Status } from 'webtorrent-dht'
import { formatBytes, formatSpeed } from '../../bytes.js'
import { count, duration, seconds } from '../text.js'
import type { ShareView } from './share.js'

/** Whoever is there has been found by then. */
const PATIENCE = 15_000

export function describeShare(view: ShareView, isOwn: boolean, node: Status): string {
  switch (view.state) {
    case 'failed':
      return view.reason
    case 'preparing':
      return view.progress === 0 ? 'Loading WebTorrent …' : `Reading it … ${percent(view.progress)}`
    case 'looking':
      return describeSearch(view, node)
    case 'arriving':
      return describeArrival(view)
    case 'complete':
      return isOwn ? describeSeed(view, node) : describeCopy(view)
  }
}

export function percent(share: number): string {
  return `${Math.floor(100 * share)} %`
}

function describeSearch({ peers, elapsed }: ShareView, node: Status): string {
  if (peers.length > 0) return `${count(peers.length, 'peer')} found. Asking what is in it …`
  if (node === 'alone')
    return 'This tab is not connected to any node now. It goes on trying, and looks for the file then.'
  if (elapsed < PATIENCE) return 'Asking the DHT who has it …'
  return 'Nobody who has it is there. Is the tab or the terminal that shares it still open? This tab goes on looking.'
}

function describeArrival({ peers, progress, size, down, remaining }: ShareView): string {
  const part = `${percent(progress)} of ${formatBytes(size ?? 0)}`
  if (peers.length === 0) return `${part}. Who had it has gone; this goes on when somebody is back.`
  if (down === 0 || !Number.isFinite(remaining)) return `${part}. Waiting for pieces …`
  return `${part} at ${formatSpeed(down)}, about ${duration(remaining)} left`
}

function describeSeed({ peers, up, uploaded }: ShareView, node: Status): string {
  if (up > 0)
    return `Sending to ${count(peers.length, 'peer')} at ${formatSpeed(up)}. ${formatBytes(uploaded)} sent.`
  if (uploaded > 0) return `Shared for as long as this tab is open. ${formatBytes(uploaded)} sent.`
  if (node === 'alone') return 'Ready, but this tab is not connected to any node now. It goes on trying.'
  return 'Ready: whoever opens the link gets it from this tab, for as long as that is open.'
}

function describeCopy({ size, elapsed, up, uploaded }: ShareView): string {
  const text = `Complete: ${formatBytes(size ?? 0)} in ${seconds(elapsed)}, each piece checked against its hash.`
  if (up > 0) return `${text} Others get it from here, at ${formatSpeed(up)}.`
  return uploaded > 0
    ? `${text} ${formatBytes(uploaded)} sent to others.`
    : `${text} This tab has it for others now.`
}
