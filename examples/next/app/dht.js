import DHT from 'webtorrent-dht'

/** The node of this page: one for all components, whatever is edited while `next dev` runs. */
export const dht = new DHT({ bootstrap: process.env.NEXT_PUBLIC_BOOTSTRAP })
