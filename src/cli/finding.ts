/** A finding of `doctor`. */

export interface Finding {
  /** `good`; `note`: a limit that one can live with; `bad`: something does not work. */
  level: 'good' | 'note' | 'bad'
  text: string
}

export function good(text: string): Finding {
  return { level: 'good', text }
}

export function note(text: string): Finding {
  return { level: 'note', text }
}

export function bad(text: string): Finding {
  return { level: 'bad', text }
}
