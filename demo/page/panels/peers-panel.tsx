/** Announce and look up. */

import { useSignal } from '@preact/signals'
import type { PageNode } from '../model/page-node.js'
import { announce, lookUp } from '../model/peer-actions.js'
import { Panel } from './panel.js'
import { ResultBox } from './result-box.js'
import { useAction } from './use-action.js'

/** Of many BitTorrent programs. */
const USUAL_PORT = '6881'

interface Props {
  node: PageNode
  onCall: (id: string) => void
}

export function PeersPanel({ node: { dht, log }, onCall }: Props) {
  const what = useSignal('')
  const port = useSignal(USUAL_PORT)
  const action = useAction(log)
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault()
    const isAnnouncing = event.submitter?.getAttribute('value') === 'announce'
    if (isAnnouncing) action.run('Announcing', () => announce(dht, what.value, port.value))
    else action.run('Asking the nodes that are nearest to it', show => lookUp(dht, what.value, show))
  }
  return (
    <Panel
      name="peers"
      title="Find peers"
      hint="Say that you have something, or find who does. A torrent is known by its info hash; any word will do to try."
    >
      <form onSubmit={onSubmit}>
        <div class="fields">
          <label class="grow">
            Word or info hash
            <input
              name="info-hash"
              value={what.value}
              onInput={event => {
                what.value = event.currentTarget.value
              }}
              placeholder="hello"
              autocomplete="off"
              autocapitalize="off"
              spellcheck={false}
            />
          </label>
          <label class="port" title="Where others would reach your torrent program. Any number does to try.">
            Port
            <input
              name="port"
              inputMode="numeric"
              value={port.value}
              onInput={event => {
                port.value = event.currentTarget.value
              }}
              autocomplete="off"
            />
          </label>
        </div>
        <div class="buttons">
          <button type="submit" name="action" value="lookup" class="primary">
            Look up
          </button>
          <button type="submit" name="action" value="announce">
            Announce
          </button>
        </div>
      </form>
      <ResultBox
        result={action.result.value}
        before="Announce a word here, then look it up in another tab: it finds this node."
        onCall={onCall}
      />
    </Panel>
  )
}
