/** Packages without types of their own. What the demo uses of them is in torrents.ts. */

declare module 'webtorrent' {
  const WebTorrent: unknown
  export default WebTorrent
}

declare module 'memory-chunk-store' {
  const MemoryChunkStore: unknown
  export default MemoryChunkStore
}
