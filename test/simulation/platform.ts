/** What a simulated host gives its node in place of Node.js or a browser. */

import { beginFetchPost } from '../../src/entrances/fetch-post.js'
import type { Platform } from '../../src/platform.js'
import { nodePlatform } from '../../src/platform-node.js'
import type { Host } from './host.js'
import type { Http } from './http.js'

export function createPlatform(host: Host, http: Http): Platform {
  return {
    loadWebRTC: () => Promise.resolve({}),
    verify: nodePlatform.verify,
    createNodeKey: nodePlatform.createNodeKey,
    createKeyPair: nodePlatform.createKeyPair,
    createHttpServer: host.isNodeJs ? options => http.createServer(host, options) : null,
    openTrackerSocket: () => Promise.reject(new Error('simulated hosts have no WebSockets')),
    signTurn: nodePlatform.signTurn,
    beginPost: beginFetchPost,
    openLinkSocket: null,
    allowsHttp: true,
    creationLimit: null,
    onLeave: () => () => {},
    warn: () => {},
    idle: () => {}
  }
}
