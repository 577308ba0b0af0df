/** A labelled field for one line of text. */

import type { Signal } from '@preact/signals'

interface Props {
  name: string
  label: string
  value: Signal<string>
  placeholder?: string
  /** For ids, keys and links: not corrected by phones. */
  isCode?: boolean
  maxLength?: number
  /** The id of what says what is wrong. */
  describedBy?: string
}

export function TextField({
  name,
  label,
  value,
  placeholder,
  isCode = false,
  maxLength,
  describedBy
}: Props) {
  return (
    <label>
      {label}
      <input
        name={name}
        class={isCode ? 'mono' : ''}
        value={value.value}
        onInput={event => {
          value.value = event.currentTarget.value
        }}
        placeholder={placeholder}
        maxLength={maxLength}
        autocomplete="off"
        autocapitalize={isCode ? 'off' : undefined}
        spellcheck={!isCode}
        aria-describedby={describedBy}
      />
    </label>
  )
}
