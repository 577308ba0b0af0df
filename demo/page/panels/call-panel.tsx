/** Call a node. */

import { type ReadonlySignal, type Signal, useSignal } from '@preact/signals'
import { callNode } from '../model/call-action.js'
import type { PageNode } from '../model/page-node.js'
import type { Result } from '../model/result.js'
import { Panel } from './panel.js'
import { ResultBox } from './result-box.js'
import { useAction } from './use-action.js'

const DEFAULT_TEXT = 'hello'

export interface Calls {
  /** Whom: an id, as it is typed. */
  target: Signal<string>
  text: Signal<string>
  result: ReadonlySignal<Result | null>
  /** @param id default: the one that was typed */
  call(id?: string): void
}

/** Other panels call nodes as well: what comes of it stands in this one. */
export function useCalls({ dht, log }: PageNode): Calls {
  const target = useSignal('')
  const text = useSignal(DEFAULT_TEXT)
  const action = useAction(log)
  return {
    target,
    text,
    result: action.result,
    call: id => {
      if (id !== undefined) {
        target.value = id
        document.querySelector('.call-panel')?.scrollIntoView({ block: 'nearest' })
      }
      action.run('Calling', () => callNode(dht, target.value, text.value))
    }
  }
}

export function CallPanel({ calls }: { calls: Calls }) {
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault()
    calls.call()
  }
  return (
    <Panel
      name="call"
      title="Call a node"
      hint="Opens a WebRTC connection of its own to any node, by its id alone. The DHT carries offer and answer."
    >
      <div class="call">
        <form onSubmit={onSubmit}>
          <label>
            Id of a node
            <input
              name="node-id"
              class="mono"
              value={calls.target.value}
              onInput={event => {
                calls.target.value = event.currentTarget.value
              }}
              placeholder="40 hex digits"
              autocomplete="off"
              autocapitalize="off"
              spellcheck={false}
            />
          </label>
          <div class="say">
            <label>
              <span class="visually-hidden">Say</span>
              <input
                name="say"
                value={calls.text.value}
                onInput={event => {
                  calls.text.value = event.currentTarget.value
                }}
                placeholder="Something to say"
                autocomplete="off"
              />
            </label>
            <button type="submit" class="primary">
              Call
            </button>
          </div>
        </form>
        <ResultBox result={calls.result.value} before="Copy the id of another tab, and call it from here." />
      </div>
    </Panel>
  )
}
