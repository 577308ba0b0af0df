/** File drop: everybody in the room gets each file as a stream. The name of the room is in the address, and nobody can guess it. */

import DHT from 'webtorrent-dht'
import { join } from 'webtorrent-dht/rooms'

const element = id => document.getElementById(id)

const createSecret = () => crypto.getRandomValues(new Uint32Array(4)).join('-')
if (location.hash === '') history.replaceState(null, '', `#${createSecret()}`)
addEventListener('hashchange', () => location.reload())
element('link').href = location.href

const dht = new DHT({ bootstrap: import.meta.env.VITE_BOOTSTRAP })
const room = join(dht, `file drop example: ${location.hash.slice(0, 100)}`)
const files = [] // Who comes later gets them, too.
const queues = new Map() // By member: when it has the files so far.

room.on('join', member => {
  for (const file of files) enqueue(file, member)
})
room.on('leave', member => queues.delete(member.id))
for (const event of ['join', 'leave']) room.on(event, showMembers)
showMembers()
room.on('message', (data, member) => {
  if (typeof data?.bytes === 'function') receive(data, member)
})

dht.on('status', status => {
  element('problem').textContent =
    status === 'alone' ? 'There is no way in. Does the bootstrap node run?' : ''
})
for (const source of [dht, room]) source.on('warning', showProblem)

element('files').onchange = ({ target }) => share([...target.files])
document.ondragover = event => event.preventDefault()
document.ondrop = event => {
  event.preventDefault()
  share([...event.dataTransfer.files])
}

function share(added) {
  files.push(...added)
  for (const file of added) for (const member of room.members) enqueue(file, member)
}

function enqueue(file, member) {
  const row = addRow('sent', `${file.name} to ${nameOf(member)}`, file.size)
  const sent = Promise.resolve(queues.get(member.id)).then(() => send(file, member, row))
  queues.set(member.id, sent)
}

async function send(file, member, row) {
  const counted = new TransformStream({
    transform(chunk, controller) {
      row.progress.value += chunk.length
      controller.enqueue(chunk)
    }
  })
  const { name, type, size } = file
  const stream = Object.assign(file.stream().pipeThrough(counted), { name, type, size })
  try {
    const count = await room.send(stream, member)
    row.end(count === 1 ? '– sent' : '– not sent: the visitor has left')
  } catch (error) {
    row.end(`– not sent: ${error.message}`)
  }
}

async function receive(stream, member) {
  const { name = 'file', type, size } = stream
  const row = addRow('received', `${name} from ${nameOf(member)}`, size)
  const chunks = []
  try {
    for await (const chunk of stream) {
      chunks.push(chunk)
      row.progress.value += chunk.length
    }
    const link = document.createElement('a')
    row.end(Object.assign(link, { href: URL.createObjectURL(new Blob(chunks, { type })), download: name }))
    link.textContent = `Save ${name}`
  } catch {
    row.end('– not complete: the visitor has left')
  }
}

/** Adds a line for a file on its way. */
function addRow(list, text, size) {
  const line = document.createElement('li')
  const progress = document.createElement('progress')
  Object.assign(progress, { value: 0, max: size || 1, ariaLabel: text })
  line.append(`${text} `, progress)
  element(list).append(line)
  return { progress, end: result => progress.replaceWith(result) }
}

function nameOf({ id }) {
  return `visitor ${id.slice(0, 4)}`
}

function showMembers() {
  element('members').value = `Here: you, ${room.members.map(nameOf).join(', ') || 'and nobody else'}.`
}

function showProblem(error) {
  element('problem').textContent = `That did not work: ${error.message}`
}
