/** Adapts `werift` (0.24, 0.25), an implementation in JavaScript, to `simple-peer`. */

import type { WebRTC } from './simple-peer.js'
import type { Description } from './wire/description.js'

/** The part of `werift` that is adapted. */
interface Werift {
  RTCPeerConnection: new (
    config: object
  ) => {
    createOffer(): Promise<Description>
    createAnswer(): Promise<Description>
    setLocalDescription(description?: Description): Promise<unknown>
    getStats(selector?: unknown): Promise<unknown>
  }
  RTCIceCandidate: unknown
}

export function adaptWerift(werift: Werift): WebRTC {
  class AdaptedConnection extends werift.RTCPeerConnection {
    #created: Description | undefined

    // simple-peer assigns to `sdp`, which is read-only in werift's descriptions.
    override async createOffer(): Promise<Description> {
      this.#created = await super.createOffer()
      return copyOf(this.#created)
    }

    override async createAnswer(): Promise<Description> {
      this.#created = await super.createAnswer()
      return copyOf(this.#created)
    }

    // simple-peer takes `trickle` out of it; werift takes only the description that it created.
    override setLocalDescription(): Promise<unknown> {
      return super.setLocalDescription(this.#created)
    }

    // simple-peer takes a function with a parameter for that of old browsers, which calls back.
    override getStats(): Promise<unknown> {
      return super.getStats()
    }
  }

  /** werift's own has other parameters. */
  class SessionDescription {
    readonly type: Description['type']
    readonly sdp: string

    constructor({ type, sdp }: Description) {
      this.type = type
      this.sdp = sdp
    }
  }
  return { ...werift, RTCPeerConnection: AdaptedConnection, RTCSessionDescription: SessionDescription }
}

function copyOf({ type, sdp }: Description): Description {
  return { type, sdp }
}
