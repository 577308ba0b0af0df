'use client'

import { useEffect, useRef, useState } from 'react'
import { join } from 'webtorrent-dht/rooms'
import { dht } from './dht.js'

export function ReadersRoom({ page }) {
  const [count, setCount] = useState(1)
  const [waves, setWaves] = useState(0)
  const [problem, setProblem] = useState('')
  const room = useRef(null)

  useEffect(() => {
    const joined = join(dht, `readers example ${page}`)
    room.current = joined
    for (const event of ['join', 'leave']) joined.on(event, () => setCount(joined.members.length + 1))
    joined.on('message', () => setWaves(waves => waves + 1))
    joined.on('warning', ({ message }) => setProblem(message))
    return () => {
      joined.removeAllListeners()
      joined.leave()
    }
  }, [page])

  const wave = () => room.current.send('wave').catch(({ message }) => setProblem(message))
  return (
    <section>
      <p role="status">
        {count === 1 ? 'You are the only reader.' : `${count} people read this page.`}
        {waves > 0 && ` Somebody has waved: ${waves}.`}
      </p>
      <button type="button" onClick={wave}>
        Wave
      </button>
      <p role="alert">{problem && `That did not work: ${problem}.`}</p>
    </section>
  )
}
