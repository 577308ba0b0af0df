/** A shared text: who opens the link writes in the same text. */

import DHT from 'webtorrent-dht'
import { join } from 'webtorrent-dht/rooms'
import { Doc } from 'yjs'
import { bind } from './text-area.js'
import { provide } from './yjs-provider.js'

const element = id => document.getElementById(id)

if (location.hash === '')
  history.replaceState(null, '', `#${crypto.getRandomValues(new Uint32Array(4)).join('-')}`)
addEventListener('hashchange', () => location.reload())
element('link').href = location.href

const doc = new Doc()
const dht = new DHT({ bootstrap: import.meta.env.VITE_BOOTSTRAP })
const room = join(dht, `shared text example: ${location.hash.slice(0, 100)}`)
const awareness = provide(room, doc, showProblem)
bind(element('text'), doc.getText())

const nameOf = ({ name }) => String(name || 'Somebody').slice(0, 40)
awareness.on('change', () => {
  element('writers').value = [...awareness.getStates().values()].map(nameOf).join(', ')
})
element('name').value = localStorage.getItem('name') ?? ''
element('name').oninput = () => {
  localStorage.setItem('name', element('name').value)
  awareness.setLocalState({ name: element('name').value })
}
element('name').oninput()

dht.on('status', status => {
  element('problem').textContent =
    status === 'alone' ? 'There is no way in. Does the bootstrap node run?' : ''
})
for (const source of [dht, room]) source.on('warning', showProblem)

function showProblem(error) {
  element('problem').textContent = `That did not work: ${error.message}`
}
