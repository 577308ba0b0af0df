/** Reads the network interfaces of this machine, in one place: the system call fails in some sandboxes and without file descriptors. */

import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** All addresses with their interfaces; none if the system does not tell. */
export function readInterfaces(): NetworkInterfaceInfo[] {
  try {
    return Object.values(networkInterfaces()).flatMap(list => list ?? [])
  } catch {
    return []
  }
}

/** The addresses at which other machines may reach this one; `null` if the system does not tell. */
export function ownAddresses(): string[] | null {
  const all = readInterfaces()
  return all.length > 0 ? all.flatMap(({ address, internal }) => (internal ? [] : address)) : null
}
