/** Yjs over a room: all members get the same document, and see each other's awareness. */

import * as protocol from 'y-protocols/awareness'
import { applyUpdate, encodeStateAsUpdate, encodeStateVector } from 'yjs'

/** @returns the `awareness` of the document, as editor bindings take it */
export function provide(room, doc, onProblem) {
  const vectors = room.channel('yjs vector')
  const updates = room.channel('yjs update')
  const states = room.channel('yjs awareness')
  const awareness = new protocol.Awareness(doc)
  /** By member: the ids of its documents. */
  const clients = new Map()
  const send = (channel, bytes, to) => channel.send(bytes, to).catch(onProblem)

  // Who meets says what it has, and is sent what it lacks.
  room.on('join', member => {
    send(vectors, encodeStateVector(doc), member)
    send(states, protocol.encodeAwarenessUpdate(awareness, [doc.clientID]), member)
  })
  vectors.on('message', (vector, member) => send(updates, encodeStateAsUpdate(doc, vector), member))
  updates.on('message', update => applyUpdate(doc, update, room))
  doc.on('update', (update, origin) => {
    if (origin !== room) send(updates, update)
  })

  states.on('message', (state, member) => protocol.applyAwarenessUpdate(awareness, state, member.id))
  awareness.on('update', ({ added, updated, removed }, origin) => {
    if (origin === 'local')
      send(states, protocol.encodeAwarenessUpdate(awareness, [...added, ...updated, ...removed]))
    else clients.set(origin, [...(clients.get(origin) ?? []), ...added])
  })
  room.on('leave', ({ id }) => {
    protocol.removeAwarenessStates(awareness, clients.get(id) ?? [], id)
    clients.delete(id)
  })
  for (const channel of [vectors, updates, states]) channel.on('warning', onProblem)
  return awareness
}
