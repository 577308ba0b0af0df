/** A game of two. The room has a secret, which is in the invitation, and takes two. */
import DHT from 'webtorrent-dht'
import { join } from 'webtorrent-dht/rooms'
import { cellsOf, mayFollow, resultOf, turnOf } from './rules.js'

const element = id => document.getElementById(id)
const isInvited = location.hash !== ''
const secret = isInvited ? location.hash : `#${crypto.getRandomValues(new Uint32Array(4)).join('-')}`
history.replaceState(null, '', secret)
addEventListener('hashchange', () => location.reload())
element('link').href = secret

// Kept until the tab is closed, so that a page which is loaded again goes on. With its key it is the same member.
const kept = JSON.parse(sessionStorage.getItem(secret))
const key = await DHT.keyPair(kept?.seed)
const me = kept?.me ?? (isInvited ? 'O' : 'X')
const other = me === 'X' ? 'O' : 'X'
let game = kept?.game ?? { round: 0, moves: [] }

const dht = new DHT({ bootstrap: import.meta.env.VITE_BOOTSTRAP, key })
const admit = member => member.presence === other
const room = join(dht, 'game example', { secret, max: 2, presence: me, admit })

room.on('join', send)
for (const event of ['join', 'leave']) room.on(event, show)
room.on('message', next => {
  if (mayFollow(next, game, other)) update(next)
  else if (mayFollow(game, next, me)) send()
  else showProblem(new Error('the other one has made a move against the rules'))
})
dht.on('status', status => {
  const isAlone = status === 'alone'
  element('problem').textContent = isAlone ? 'There is no way in. Does the bootstrap node run?' : ''
})
for (const source of [dht, room]) source.on('warning', showProblem)

for (let cell = 0; cell < 9; cell++) {
  const button = Object.assign(document.createElement('button'), { type: 'button' })
  button.onclick = () => move({ ...game, moves: [...game.moves, cell] })
  element('board').append(button)
}
element('again').onclick = () => move({ round: game.round + 1, moves: [] })

/** Makes a move, if the rules allow it. */
function move(next) {
  if (!mayFollow(next, game, me)) return
  update(next)
  send()
}

function update(next) {
  game = next
  sessionStorage.setItem(secret, JSON.stringify({ seed: key.seed.toString('hex'), me, game }))
  show()
}

function send() {
  room.send(game).catch(showProblem)
}

function show() {
  for (const [cell, mark] of cellsOf(game).entries()) {
    const ariaLabel = `Row ${Math.floor(cell / 3) + 1}, column ${(cell % 3) + 1}: ${mark || 'free'}`
    Object.assign(element('board').children[cell], { textContent: mark, ariaLabel })
  }
  const result = resultOf(game)
  const turn = turnOf(game) === me ? 'It is your turn.' : 'It is the turn of the other one.'
  const news = { [me]: 'You have won.', [other]: 'The other one has won.', draw: 'Nobody has won.', '': turn }
  const absence = room.members.length === 0 ? 'The other one is not here.' : ''
  element('status').textContent = `You play ${me}. ${news[result]} ${absence}`
  element('again').hidden = result === ''
}

function showProblem(error) {
  element('problem').textContent = `That did not work: ${error.message}`
}

update(game)
