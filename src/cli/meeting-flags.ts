/** The flags with which another command meets the nodes of this one: for the commands that a message tells others to type. */

import type { Settings } from './settings.js'

type Meeting = Pick<Settings, 'bootstrap' | 'network' | 'udpDht' | 'localNetwork'>

/** @returns each after a space; empty where none was given */
export function meetingFlags({ bootstrap, network, udpDht, localNetwork }: Meeting): string {
  const flags = [
    ...bootstrap.map(place => `--bootstrap ${asArgument(place)}`),
    ...(network === null ? [] : [`--network ${asArgument(network)}`]),
    ...(udpDht ? ['--udp-dht'] : []),
    ...(localNetwork ? ['--local-network'] : [])
  ]
  return flags.map(flag => ` ${flag}`).join('')
}

/** As a POSIX shell takes it. */
export function asArgument(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
