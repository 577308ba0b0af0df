/** Keep a note, and read those of others. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { followFragment } from '../model/link-fragment.js'
import { NOTE, type ReadNote } from '../model/notes.js'
import { linkTo } from '../model/page-address.js'
import type { PageNode } from '../model/page-node.js'
import { explain } from '../model/result.js'
import { ByteCount } from './byte-count.js'
import { LinkRow } from './link-row.js'
import { Panel } from './panel.js'
import { ResultBox } from './result-box.js'
import { TextField } from './text-field.js'
import { useAction } from './use-action.js'

export function NotePanel({ node }: { node: PageNode }) {
  return (
    <Panel
      name="note"
      title="Keep a note"
      hint="A text of your own that other nodes keep for you, while this tab is closed, too. Your browser signs it."
    >
      <KeepForm node={node} />
      <ReadForm node={node} />
    </Panel>
  )
}

function KeepForm({ node: { notes, log, status } }: { node: PageNode }) {
  const text = useSignal('')
  const isTouched = useSignal(false)
  const action = useAction(log)
  useEffect(() => {
    if (status.value !== 'connected') return
    const show = (kept: string) => {
      if (!isTouched.value) text.value = kept
    }
    notes.ownText().then(show, () => {}) // to keep a note says what is wrong
  }, [status.value])
  const key = notes.ownKey.value
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        void action.run('Keeping it', () => notes.keep(text.value))
      }}
    >
      <label>
        <span class="label-row">
          Your note <ByteCount text={text.value} />
        </span>
        <textarea
          name="note"
          rows={4}
          value={text.value}
          onInput={event => {
            isTouched.value = true
            text.value = event.currentTarget.value
          }}
        />
      </label>
      <div class="buttons">
        <button type="submit" class="primary">
          Keep it
        </button>
      </div>
      <ResultBox
        result={action.result.value}
        before="Keep it, and come back with this browser: it is here again."
      />
      <div class="note-link">{key !== '' && <LinkRow link={linkTo(`${NOTE}=${key}`)} what="note" />}</div>
    </form>
  )
}

function ReadForm({ node: { notes } }: { node: PageNode }) {
  const link = useSignal('')
  const error = useSignal('')
  const open = (typed: string) => {
    error.value = ''
    try {
      notes.open(typed, reason => {
        error.value = reason
      })
    } catch (reason) {
      error.value = explain(reason)
    }
  }
  useEffect(() => followFragment(NOTE, open), [])
  return (
    <form
      class="read-form"
      onSubmit={event => {
        event.preventDefault()
        open(link.value)
      }}
    >
      <div class="say">
        <TextField
          name="note-link"
          label="Somebody’s note"
          value={link}
          placeholder="The link to it"
          isCode
          describedBy="note-read"
        />
        <button type="submit">Read</button>
      </div>
      <output id="note-read" class={error.value ? 'result is-error' : 'result'} aria-live="polite">
        {error.value || describe(notes.read.value)}
      </output>
    </form>
  )
}

function describe(note: ReadNote | null): string {
  if (note === null) return 'It comes here, and changes when its owner changes it.'
  if (note.version === 0) return 'Asking the nodes that may have it …'
  return `${note.text}\n\n(version ${note.version})`
}
