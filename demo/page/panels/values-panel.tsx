/** Put and get. */

import { type Signal, useSignal } from '@preact/signals'
import type { PageNode } from '../model/page-node.js'
import { getValue, putImmutable, putMutable } from '../model/value-actions.js'
import { ByteCount } from './byte-count.js'
import { Panel } from './panel.js'
import { ResultBox } from './result-box.js'
import { useAction } from './use-action.js'

const IMMUTABLE = {
  name: 'Immutable',
  is: false,
  title: 'Its key is the hash of the text, so nobody can change it, and everybody can check it.'
}
const MUTABLE = {
  name: 'Mutable',
  is: true,
  title:
    'Signed with a private key that this browser keeps. The public key gives the key to find it by, and storing another text replaces it.'
}
const KINDS = [IMMUTABLE, MUTABLE]

export function ValuesPanel({ node }: { node: PageNode }) {
  const key = useSignal('')
  return (
    <Panel
      name="values"
      title="Store values"
      hint="The DHT keeps small texts for a while, at the nodes whose ids are nearest to their key."
    >
      <div class="pair">
        <PutForm node={node} foundKey={key} />
        <GetForm node={node} typedKey={key} />
      </div>
    </Panel>
  )
}

/** @param foundKey gets the key of what was stored, so that it can be tried at once */
function PutForm({ node: { dht, log }, foundKey }: { node: PageNode; foundKey: Signal<string> }) {
  const text = useSignal('')
  const isMutable = useSignal(false)
  const kind = isMutable.value ? MUTABLE : IMMUTABLE
  const action = useAction(log)
  const onSubmit = async (event: Event) => {
    event.preventDefault()
    const put = isMutable.value ? putMutable : putImmutable
    const result = await action.run('Storing', () => put(dht, text.value))
    if (result?.copy) foundKey.value = result.copy.value
  }
  return (
    <form onSubmit={onSubmit}>
      <label>
        <span class="label-row">
          Text <ByteCount text={text.value} />
        </span>
        <input
          name="value"
          value={text.value}
          onInput={event => {
            text.value = event.currentTarget.value
          }}
          autocomplete="off"
        />
      </label>
      <div class="buttons">
        <button type="submit" class="primary">
          Put
        </button>
        <Kinds isMutable={isMutable} />
      </div>
      <ResultBox result={action.result.value} before={`${kind.name}: ${kind.title}`} />
    </form>
  )
}

function Kinds({ isMutable }: { isMutable: Signal<boolean> }) {
  return (
    <fieldset class="kinds">
      <legend class="visually-hidden">Kind of value</legend>
      {KINDS.map(({ name, is, title }) => (
        <label key={name} title={title}>
          <input
            type="radio"
            name="kind"
            checked={isMutable.value === is}
            onChange={() => {
              isMutable.value = is
            }}
          />
          {name}
        </label>
      ))}
    </fieldset>
  )
}

function GetForm({ node: { dht, log }, typedKey }: { node: PageNode; typedKey: Signal<string> }) {
  const action = useAction(log)
  const onSubmit = (event: Event) => {
    event.preventDefault()
    action.run('Asking the nodes that are nearest to it', () => getValue(dht, typedKey.value))
  }
  return (
    <form onSubmit={onSubmit}>
      <label>
        <span class="label-row">Key</span>
        <input
          name="key"
          class="mono"
          value={typedKey.value}
          onInput={event => {
            typedKey.value = event.currentTarget.value
          }}
          placeholder="40 hex digits"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
        />
      </label>
      <div class="buttons">
        <button type="submit" class="primary">
          Get
        </button>
      </div>
      <ResultBox result={action.result.value} before="Paste a key from another tab." />
    </form>
  )
}
