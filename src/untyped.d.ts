// Upstream packages without type declarations. Each is imported in one place, which gives it its types.
declare module 'bittorrent-dht'
declare module 'k-bucket'
declare module 'k-rpc'
declare module 'k-rpc-socket'
declare module 'lru'
declare module 'multicast-dns'
declare module 'simple-peer'
