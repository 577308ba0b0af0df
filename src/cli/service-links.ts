/**
 * Kubernetes sets variables for each service of a namespace. For one that is named `webtorrent-dht` they look like flags:
 * `WEBTORRENT_DHT_PORT=tcp://10.0.0.1:16881`, `WEBTORRENT_DHT_SERVICE_HOST`, `WEBTORRENT_DHT_PORT_16881_TCP_ADDR`.
 */

/** Removes them. @param prefix of the flags */
export function removeServiceLinks(env: Record<string, string | undefined>, prefix: string): void {
  if (env[`${prefix}_SERVICE_HOST`] === undefined) return
  const links = new RegExp(`^${prefix}_(SERVICE_(HOST|PORT(_.*)?)|PORT_\\d+_(TCP|UDP|SCTP)(_.*)?)$`)
  for (const [name, value] of Object.entries(env)) {
    const isPlace = name === `${prefix}_PORT` && /^\w+:\/\//.test(value ?? '')
    if (isPlace || links.test(name)) delete env[name]
  }
}
