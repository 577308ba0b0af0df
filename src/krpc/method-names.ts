/** The names of the methods, written out: `stats()` counts queries by them. */

/** The name of a method of the protocol. */
export type MethodName =
  | 'ping'
  | 'peer_connection'
  | 'candidates'
  | 'release'
  | 'neighbours'
  | 'dial'
  | 'find_node'
  | 'get_peers'
  | 'announce_peer'
  | 'get'
  | 'put'
  | 'watch_peers'
  | 'tell_peers'
  | 'put_topic'
  | 'get_topic'
