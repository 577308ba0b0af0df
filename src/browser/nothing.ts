/** For `node:dgram`, `node:dns` and `node:net`, which `k-rpc-socket` imports and never uses here. */

export default {}
