/** A part of the page, with a title and one line that says what it is. */

import type { ComponentChildren } from 'preact'

interface Props {
  /** For the style sheet, and to link to. */
  name: string
  title: string
  hint: ComponentChildren
  children: ComponentChildren
}

export function Panel({ name, title, hint, children }: Props) {
  return (
    <section class={`panel ${name}-panel`} aria-labelledby={`${name}-title`}>
      <h2 id={`${name}-title`}>{title}</h2>
      <p class="hint">{hint}</p>
      {children}
    </section>
  )
}
