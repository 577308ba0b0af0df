import { useEffect, useEffectEvent, useState } from 'react'
import { join } from 'webtorrent-dht/rooms'
import { dht } from './dht.js'

/**
 * Is in a room while the component is mounted.
 *
 * @param presence what the others see of this member
 * @param onMessage gets what others send
 */
export function useRoom(name, presence, onMessage) {
  const [room, setRoom] = useState(null)
  const [members, setMembers] = useState([])
  const [problem, setProblem] = useState('')
  const heard = useEffectEvent(onMessage)
  const json = JSON.stringify(presence) // the same content in another object is no change

  useEffect(() => {
    const joined = join(dht, name)
    for (const event of ['join', 'leave', 'presence']) joined.on(event, () => setMembers(joined.members))
    joined.on('message', data => heard(data))
    joined.on('warning', ({ message }) => setProblem(message))
    setRoom(joined)
    return () => {
      joined.removeAllListeners()
      joined.leave() // the next one may join at once, as StrictMode does
      setMembers([])
    }
  }, [name])

  useEffect(() => {
    if (room) room.presence = JSON.parse(json)
  }, [room, json])

  const send = data => room.send(data).catch(({ message }) => setProblem(message))
  return { members, problem, send }
}
