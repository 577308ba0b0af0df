/** Noughts and crosses. A game is `{round, moves}`: the cells, 0 to 8, in the order in which they were taken. */

const LINES = ['012', '345', '678', '036', '147', '258', '048', '246']

/** Who makes the next move, `X` or `O`: they take turns in beginning, too. */
export const turnOf = ({ round, moves }) => 'XO'[(round + moves.length) % 2]

/** `X`, `O` or nothing for each cell. */
export function cellsOf({ round, moves }) {
  const cells = Array(9).fill('')
  for (const [i, cell] of moves.entries()) cells[cell] = 'XO'[(round + i) % 2]
  return cells
}

/** `X` or `O`, `draw`, or nothing while the game goes on. */
export function resultOf(game) {
  const cells = cellsOf(game)
  const line = LINES.find(([a, b, c]) => cells[a] && cells[a] === cells[b] && cells[a] === cells[c])
  return line ? cells[line[0]] : game.moves.length === 9 ? 'draw' : ''
}

/** Whether a player may make `next` of a game: one more move of theirs, or another round; or nothing new. */
export function mayFollow(next, game, player) {
  const isNextRound = next?.round === game.round + 1 && resultOf(game) !== ''
  const base = isNextRound ? { round: next.round, moves: [] } : game
  if (next?.round !== base.round || !Array.isArray(next.moves)) return false
  if (!base.moves.every((cell, i) => next.moves[i] === cell)) return false
  const [cell, ...more] = next.moves.slice(base.moves.length)
  if (cell === undefined) return true
  const isTheirs = more.length === 0 && turnOf(base) === player && resultOf(base) === ''
  return isTheirs && Number.isInteger(cell) && cellsOf(base)[cell] === ''
}
