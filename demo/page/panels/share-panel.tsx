/** Share files, and open what others share. */

import { type Signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { PageNode } from '../model/page-node.js'
import { UserError } from '../model/result.js'
import { DropZone } from './drop-zone.js'
import { Panel } from './panel.js'
import { ShareCard } from './share-card.js'

export function SharePanel({ node }: { node: PageNode }) {
  const { sharing } = node
  const link = useSignal('')
  const shareError = useSignal('')
  const openError = useSignal('')
  const attempt = (error: Signal<string>, action: () => void) => {
    shareError.value = ''
    openError.value = ''
    return tell(error, action)
  }
  const onFiles = (files: File[]) => attempt(shareError, () => sharing.share(files))
  const open = (typed: string) => {
    // One that is wrong is shown, to be mended.
    const isOpened = attempt(openError, () => sharing.open(typed))
    link.value = isOpened ? '' : typed.replace(/^#/, '')
    if (isOpened) document.querySelector('.shares > :last-child')?.scrollIntoView({ block: 'nearest' })
  }
  useEffect(() => followAddress(open), [])
  const shares = sharing.shares.value
  return (
    <Panel
      name="share"
      title="Share a file"
      hint="From this tab to any other browser. No server stores it: the nodes find who has it, and WebTorrent fetches it."
    >
      <div class="share-in">
        <DropZone error={shareError.value} onFiles={onFiles} />
        <OpenForm link={link} error={openError.value} onOpen={open} />
      </div>
      <section class="shares" aria-label="Shared and opened">
        {shares.map(share => (
          <ShareCard
            key={share.id}
            share={share}
            status={node.status.value}
            onRemove={() => sharing.remove(share)}
          />
        ))}
        {shares.length === 0 && <HowTo />}
      </section>
    </Panel>
  )
}

function OpenForm({
  link,
  error,
  onOpen
}: {
  link: Signal<string>
  error: string
  onOpen: (link: string) => void
}) {
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault()
    onOpen(link.value)
  }
  return (
    <form class="open-form" onSubmit={onSubmit}>
      <label>
        A link that you were given
        <span class="say">
          <input
            name="magnet"
            class="mono"
            value={link.value}
            onInput={event => {
              link.value = event.currentTarget.value
            }}
            placeholder="http://…#magnet:…"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            aria-describedby="open-error"
          />
          <button type="submit" class="primary">
            Open
          </button>
        </span>
      </label>
      <p id="open-error" class={error ? 'note is-error' : 'note'} role="status">
        {error || 'To this page, or a magnet link.'}
      </p>
    </form>
  )
}

function HowTo() {
  return (
    <ol class="how-to muted">
      <li>Drop a file. You get a link.</li>
      <li>Open the link in another tab, or in another browser.</li>
      <li>Watch it arrive. Close the first tab: the second one has it for others now.</li>
    </ol>
  )
}

/** Says in the signal what was wrong. @returns whether nothing was */
function tell(error: Signal<string>, action: () => void): boolean {
  try {
    action()
    return true
  } catch (reason) {
    if (!(reason instanceof UserError)) throw reason
    error.value = reason.message
    return false
  }
}

/** Opens the magnet link in the page's address, now and whenever another one is put there. */
function followAddress(open: (link: string) => void): () => void {
  const follow = () => {
    if (location.hash.startsWith('#magnet')) open(location.hash)
  }
  follow()
  addEventListener('hashchange', follow)
  return () => removeEventListener('hashchange', follow)
}
