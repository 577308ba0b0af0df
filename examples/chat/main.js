/** A chat: who opens `#room=tea` is in the room "tea". */

import DHT from 'webtorrent-dht'
import { join } from 'webtorrent-dht/rooms'

/** Milliseconds after the last key for which somebody is typing. */
const TYPING_TIME = 2000

const element = id => document.getElementById(id)
const { room: roomField } = element('rooms').elements
const { text: textField } = element('say').elements
const nick = element('nick')
nick.value = localStorage.getItem('nick') ?? ''
roomField.value = new URLSearchParams(location.hash.slice(1)).get('room')?.slice(0, 40) || 'lobby'

const dht = new DHT({ bootstrap: import.meta.env.VITE_BOOTSTRAP })
const room = join(dht, `chat example: ${roomField.value}`, { presence: { nick: nick.value } })

room.on('join', member => show(`${nameOf(member)} has come.`))
room.on('leave', member => show(`${nameOf(member)} has left.`))
room.on('message', (text, member) => show(`${nameOf(member)}: ${text}`))
for (const event of ['join', 'leave', 'presence']) room.on(event, showMembers)

dht.on('status', status => {
  element('problem').textContent =
    status === 'alone' ? 'There is no way in. Does the bootstrap node run?' : ''
})
for (const source of [dht, room]) source.on('warning', showProblem)

element('say').onsubmit = async event => {
  event.preventDefault()
  const text = textField.value
  textField.value = ''
  present(false)
  show(`You: ${text}`)
  try {
    if ((await room.send(text)) === 0) show('Nobody else is here yet.')
  } catch (error) {
    showProblem(error)
  }
}

let typing
element('say').oninput = () => {
  clearTimeout(typing)
  typing = setTimeout(() => present(false), TYPING_TIME)
  present(true)
}

nick.oninput = () => {
  localStorage.setItem('nick', nick.value)
  present(false)
}

element('rooms').onsubmit = event => {
  event.preventDefault()
  location.hash = new URLSearchParams({ room: roomField.value })
}
addEventListener('hashchange', () => location.reload())

/** What the others see of this member. */
function present(isTyping) {
  room.presence = { nick: nick.value, isTyping }
}

function nameOf({ presence }) {
  return String(presence?.nick || 'Somebody').slice(0, 40)
}

function showMembers() {
  element('members').value = ['you', ...room.members.map(nameOf)].join(', ')
  const names = room.members.filter(({ presence }) => presence?.isTyping).map(nameOf)
  element('typing').textContent = names.length > 0 ? `${names.join(', ')} …` : ''
}

function show(text) {
  const line = Object.assign(document.createElement('li'), { textContent: text })
  element('messages').append(line)
  line.scrollIntoView({ block: 'nearest' })
}

function showProblem(error) {
  element('problem').textContent = `That did not work: ${error.message}`
}

showMembers()
