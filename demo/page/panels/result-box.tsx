/** What came out of an action. The box is there from the start, so that nothing moves when the result comes. */

import type { Result } from '../model/result.js'
import { CopyButton } from './copy-button.js'

const MARKS = { success: '✓', nothing: '–', error: '✗', working: '…' }

interface Props {
  result: Result | null
  /** What the box says before anything was done. */
  before: string
  /** Calls a node that was found. */
  onCall?: (id: string) => void
}

export function ResultBox({ result, before, onCall }: Props) {
  return (
    <output
      class={`result is-${result?.tone ?? 'empty'}`}
      aria-live="polite"
      aria-busy={result?.tone === 'working'}
    >
      <p>
        {result && (
          <span class="mark" aria-hidden="true">
            {MARKS[result.tone]}
          </span>
        )}
        {result?.text ?? before}
      </p>
      {result?.copy && (
        <p class="copyable">
          <code class="wrap">{result.copy.value}</code>
          <CopyButton value={result.copy.value} label={result.copy.label.toLowerCase()} />
        </p>
      )}
      {result?.items && (
        <ul>
          {result.items.map(({ text, id }) => (
            <li key={text}>
              <span class="wrap">{text}</span>
              {id && onCall && (
                <button type="button" class="small" title={`Call ${id}`} onClick={() => onCall(id)}>
                  Call
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </output>
  )
}
