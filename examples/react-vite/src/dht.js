import DHT from 'webtorrent-dht'

/** The node of this page: one for all components. */
export const dht = new DHT({ bootstrap: import.meta.env.VITE_BOOTSTRAP })

// Where Vite replaces this module, the next one makes its own.
import.meta.hot?.dispose(() => dht.destroy())
