/** What became of a connection, for tests and measurements that look inside. */

/** Times are milliseconds since the connection was made. */
export interface Trace {
  /** Milliseconds since the process or page began. */
  made: number
  initiator?: boolean
  /** When the own description was there, and the kinds of its candidates: `host udp ×2`. */
  describedAt?: number
  local?: string
  /** When the other side's description was. */
  answeredAt?: number
  remote?: string
  ice: [state: string, at: number][]
  openAt?: number
  closedAt?: number
}

/** The kinds of the candidates of a description, each with its count: `host udp ×2, srflx udp ×1`. */
export function candidateKinds(sdp: string): string {
  const counts = new Map<string, number>()
  for (const line of sdp.split(/\r?\n/)) {
    const words = line.split(' ')
    if (!line.startsWith('a=candidate')) continue
    const version = words[4]?.includes(':') ? '6' : ''
    const kind = `${words[7]} ${words[2]?.toLowerCase()}${version}`
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return [...counts].map(([kind, count]) => `${kind} ×${count}`).join(', ')
}
