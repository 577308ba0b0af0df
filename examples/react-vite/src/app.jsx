import { useState } from 'react'
import { useRoom } from './use-room.js'

const CARDS = ['1', '2', '3', '5', '8', '13', '?']

export function App() {
  const [entered, setEntered] = useState(null)
  function enter(event) {
    event.preventDefault()
    setEntered(Object.fromEntries(new FormData(event.target)))
  }
  if (entered) return <Table {...entered} onLeave={() => setEntered(null)} />
  return (
    <form onSubmit={enter}>
      <h1>Estimate together</h1>
      <input name="nick" aria-label="Your nickname" placeholder="Your nickname" required maxLength="40" />
      <input name="team" aria-label="Team" placeholder="Team" required maxLength="40" />
      <button type="submit">Enter</button>
    </form>
  )
}

function Table({ nick, team, onLeave }) {
  const [card, setCard] = useState(null)
  const own = { nick, card }
  const { members, problem, send } = useRoom(`estimate example ${team}`, own, () => setCard(null))
  const players = [{ id: 'own', presence: own }, ...members]
  const isOpen = players.every(({ presence }) => CARDS.includes(presence?.card))
  const beginRound = () => {
    setCard(null)
    send('new round')
  }
  return (
    <>
      <h1>{team}</h1>
      {CARDS.map(each => (
        <button key={each} type="button" aria-pressed={card === each} onClick={() => setCard(each)}>
          {each}
        </button>
      ))}
      <ul aria-live="polite">
        {players.map(({ id, presence }) => (
          <li key={id}>{describe(presence, isOpen)}</li>
        ))}
      </ul>
      <button type="button" onClick={beginRound}>
        New round
      </button>
      <button type="button" onClick={onLeave}>
        Leave
      </button>
      <p role="alert">{problem && `That did not work: ${problem}.`}</p>
    </>
  )
}

/** What others say of themselves may be anything. */
function describe(presence, isOpen) {
  const nick = typeof presence?.nick === 'string' ? presence.nick.slice(0, 40) : 'Somebody'
  if (isOpen) return `${nick}: ${presence.card}`
  return `${nick} ${CARDS.includes(presence?.card) ? 'has chosen' : 'is thinking'}`
}
