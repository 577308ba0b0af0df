/** Slow links: satellites, overloaded cells, other continents; and STUN servers that are dead or slow. */

import type { Cell } from '../cell.js'
import { merge, servers, site, TURN, turnServer } from '../plan.js'
import { checkDial, checkUse, join, pause } from './members.js'

export const SLOW: Cell[] = [
  {
    title: 'one of two STUN servers is dead: members join, and know their public addresses all the same',
    isShort: true,
    async run(check, up) {
      const uplink = { delay: 20 }
      const bed = await up(merge(servers(uplink), site('a', 'port', uplink), site('b', 'port', uplink)))
      await bed.set('stun', { up: 0 })
      await bed.boot()
      const traced = { isTraced: true }
      const [a, b] = await Promise.all([join(bed, check, 'a', {}, traced), join(bed, check, 'b', {}, traced)])
      await checkUse(check, a, b)
      for (let i = 0; i < 3; i++) await checkDial(check, a, b)
      const traces = (await a.agent.call('trace')).filter(({ local }) => local !== undefined)
      const last = traces.slice(-3) // it may take the first ones to find out
      check.ok(
        last.length > 0 && last.every(({ local }) => local?.includes('srflx')),
        'descriptions have the public address',
        traces.map(({ local }) => local)
      )
    }
  },
  {
    title: 'a round trip of 250 ms and 2 % of loss: members join, find and dial each other',
    async run(check, up) {
      const uplink = { delay: 62, loss: 1 }
      const bed = await up(merge(servers(uplink), site('a', 'port', uplink), site('b', 'port', uplink)))
      await bed.boot()
      const [a, b] = await Promise.all([join(bed, check, 'a'), join(bed, check, 'b')])
      await checkUse(check, a, b)
      await checkDial(check, a, b)
      await checkDial(check, b, a)
    }
  },
  {
    title: 'a round trip of 500 ms: members join and dial each other',
    async run(check, up) {
      const uplink = { delay: 125 }
      const bed = await up(merge(servers(uplink), site('a', 'port', uplink), site('b', 'port', uplink)))
      await bed.boot()
      const [a, b] = await Promise.all([join(bed, check, 'a'), join(bed, check, 'b')])
      await checkUse(check, a, b)
      await checkDial(check, a, b)
      await checkDial(check, b, a)
    }
  },
  {
    title: 'a round trip of 500 ms: WebTorrent downloads from a peer that the DHT found',
    async run(check, up) {
      const uplink = { delay: 125 }
      const bed = await up(merge(servers(uplink), site('a', 'port', uplink), site('b', 'port', uplink)))
      await bed.boot()
      const [a, b] = await Promise.all([join(bed, check, 'a'), join(bed, check, 'b')])
      const { magnet } = await a.agent.call('seed', { size: 200_000 })
      await pause(4000) // it announces
      const downloaded = await b.agent.call('download', { magnet })
      check.ok(downloaded.ok, 'it arrives', downloaded)
    }
  },
  {
    title: 'a round trip of 500 ms over a TURN server: symmetric and port-restricted dial each other',
    needs: ['turnserver'],
    async run(check, up) {
      const uplink = { delay: 20 }
      const bed = await up(
        merge(servers(uplink), site('home', 'port', uplink), site('office', 'sym', uplink))
      )
      await bed.set('turn', { delay: 105 })
      await bed.coturn()
      await bed.boot()
      const iceServers = [{ urls: 'stun:stun.l.google.com:19302' }, turnServer()]
      const home = await join(bed, check, 'home')
      const office = await join(bed, check, 'office', { simple_peer_opts: { config: { iceServers } } })
      await checkDial(check, home, office)
      const dialled = await office.agent.call('dial', { id: home.started.id })
      check.ok(dialled.ok, 'office dials home', dialled)
      if (dialled.ok) check.ok([dialled.local, dialled.remote].includes(TURN), 'over the relay', dialled)
    }
  }
]
