/** The page of the chat: several members in one tab, each with a node of its own. What it notes stays there until it is asked. */

export const PAGE = `<!doctype html><title>A chat</title>
<script type="module">
  import DHT from './browser.js'
  import { join } from './rooms.browser.js'

  const members = []

  /** @returns how many others each member sees */
  const countOthers = () => members.map(({ room }) => room.members.length)

  async function enter(name, bootstrap) {
    const dht = new DHT({ bootstrap })
    await dht.promises.ready()
    const joinedAt = Date.now()
    const room = join(dht, name, { presence: { nick: 'member' } })
    const member = { dht, room, id: dht.nodeId.toString('hex'), heard: new Map(), firstAfter: null, left: new Map() }
    room.once('join', () => room.send('hello'))
    room.on('message', (data, { id }) => {
      member.firstAfter ??= Date.now() - joinedAt
      if (typeof data === 'object') member.heard.set(id + ' ' + data.n, (member.heard.get(id + ' ' + data.n) ?? 0) + 1)
    })
    room.on('leave', ({ id }) => member.left.set(id, Date.now()))
    members.push(member)
  }

  globalThis.chat = {
    enter,
    countOthers,
    ids: () => members.map(({ id }) => id),
    firsts: () => members.map(({ firstAfter }) => firstAfter),
    /** How many messages each has heard, and how many of them more than once. */
    heard: () => members.map(({ heard }) => ({
      count: heard.size,
      repeated: [...heard.values()].filter(times => times > 1).length
    })),
    /** Each member says so many things, in turn with the others. */
    async talk(count, pause) {
      for (let n = 0; n < count; n++) {
        await Promise.all(members.map(({ room }) => room.send({ n })))
        await new Promise(resolve => setTimeout(resolve, pause))
      }
    },
    /** When the first member leaves: by itself, its node goes on. */
    leaveFirst() {
      const [{ room, id }] = members.splice(0, 1)
      const at = Date.now()
      room.leave()
      return { id, at }
    },
    /** When each member noticed that others are gone; null: not yet. */
    noticed: ids => members.map(({ left }) => ids.map(id => left.get(id) ?? null))
  }
</script>`

/** What the page offers, as the other end sees it. */
export interface Chat {
  enter(name: string, bootstrap: string): Promise<void>
  countOthers(): number[]
  ids(): string[]
  firsts(): (number | null)[]
  heard(): { count: number; repeated: number }[]
  talk(count: number, pause: number): Promise<void>
  leaveFirst(): { id: string; at: number }
  noticed(ids: string[]): (number | null)[][]
}
