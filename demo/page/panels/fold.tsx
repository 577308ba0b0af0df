/** A part of the page that is closed until somebody opens it. What is in it does not exist before. */

import { type Signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'

interface Props {
  /** For the style sheet, and to link to. */
  name: string
  title: string
  hint: string
  /** Default: one of its own, closed. */
  isOpen?: Signal<boolean>
  children: () => ComponentChildren
}

export function Fold({ name, title, hint, isOpen, children }: Props) {
  const own = useSignal(false)
  const state = isOpen ?? own
  return (
    <details
      class={`fold ${name}-fold`}
      open={state.value}
      onToggle={event => {
        state.value = event.currentTarget.open
      }}
    >
      <summary>
        <h2>{title}</h2>
        <span class="hint">{hint}</span>
      </summary>
      {state.value && children()}
    </details>
  )
}
