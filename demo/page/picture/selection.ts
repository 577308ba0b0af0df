/** The node that the user looks at, in the picture and in the table of connections alike. */

import { signal } from '@preact/signals'

/** Its id, in hex. */
export const selectedId = signal<string | null>(null)

export function toggleSelected(id: string): void {
  selectedId.value = selectedId.value === id ? null : id
}
