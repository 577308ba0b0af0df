/** Binds a `<textarea>` to a text of Yjs. */

import { createAbsolutePositionFromRelativePosition, createRelativePositionFromTypeIndex } from 'yjs'

export function bind(area, text) {
  const toRelative = index => createRelativePositionFromTypeIndex(text, index)
  const toIndex = position => createAbsolutePositionFromRelativePosition(position, text.doc)?.index ?? 0
  let selection = [0, 0].map(toRelative)
  area.value = text.toString()

  area.oninput = () => {
    const before = text.toString()
    const now = area.value
    const most = Math.min(before.length, now.length)
    let start = 0
    while (start < most && before[start] === now[start]) start++
    let same = 0 // at the end
    while (same < most - start && before.at(-1 - same) === now.at(-1 - same)) same++
    text.doc.transact(() => {
      text.delete(start, before.length - same - start)
      text.insert(start, now.slice(start, now.length - same))
    }, area)
  }
  document.addEventListener('selectionchange', () => {
    selection = [area.selectionStart, area.selectionEnd].map(toRelative)
  })
  text.observe((_event, { origin }) => {
    if (origin === area) return
    const kept = selection
    area.value = text.toString()
    area.setSelectionRange(...kept.map(toIndex))
  })
}
