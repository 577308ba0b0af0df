/** Who this node is, what this browser keeps of it, and how to begin anew. */

import { useSignal } from '@preact/signals'
import type { PageNode } from '../model/page-node.js'
import { CopyButton } from './copy-button.js'

/** By whose state is kept. */
const EXPLANATIONS = {
  'this tab':
    'This browser keeps the id, the stored values and where to join, so that a reload finds them again.',
  'another tab':
    'Another tab keeps its node across reloads; two must not have the same id, so this tab has a new one each time.',
  nobody:
    'Nothing is kept: browsers allow it to pages that come over HTTPS, or from this machine. A reload gets a new id.'
}

export function Identity({ node }: { node: PageNode }) {
  const { id } = node.neighbourhood.value
  return (
    <div class="identity">
      <p class="own-id">
        <span>This node’s id</span>
        <code class="wrap">{id}</code>
        <CopyButton value={id} label="this node’s id" />
      </p>
      <p class="kept">
        <span>{EXPLANATIONS[node.kept.owner]}</span>
        {node.kept.owner === 'this tab' && <ForgetButton onForget={() => node.forget()} />}
      </p>
    </div>
  )
}

/** Asks once more before it does it. */
function ForgetButton({ onForget }: { onForget: () => void }) {
  const isAsking = useSignal(false)
  const onClick = () => {
    if (isAsking.value) onForget()
    isAsking.value = true
  }
  const onBlur = () => {
    isAsking.value = false
  }
  return (
    <button
      type="button"
      class={`small forget${isAsking.value ? ' is-asking' : ''}`}
      onClick={onClick}
      onBlur={onBlur}
    >
      {isAsking.value ? 'Really? Press again' : 'Forget me (new id)'}
    </button>
  )
}
