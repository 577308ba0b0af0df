/** The page of a testbed's browsers: a node that does what it is told, see operations.ts. */

import type { AttachableDHT, WebTorrentClient } from '../../src/webtorrent/index.js'
import { createOperations, type Operations, type TorrentClient } from './operations.js'
import { candidateKinds, type Trace } from './trace.js'

declare global {
  var operations: Operations & {
    times(): Promise<{ loaded: number; isSecure: boolean }>
  }
}

const traces: (Trace & { connection: RTCPeerConnection })[] = []
const Native = globalThis.RTCPeerConnection

globalThis.RTCPeerConnection = class extends Native {
  readonly #trace: Trace & { connection: RTCPeerConnection }
  readonly #at: () => number

  constructor(configuration?: RTCConfiguration) {
    super(configuration)
    const made = performance.now()
    const trace: Trace & { connection: RTCPeerConnection } = {
      made: Math.round(made),
      ice: [],
      connection: this
    }
    this.#trace = trace
    this.#at = () => Math.round(performance.now() - made)
    traces.push(trace)
    this.addEventListener('iceconnectionstatechange', () => {
      trace.ice.push([this.iceConnectionState, this.#at()])
    })
    this.addEventListener('connectionstatechange', () => {
      if (this.connectionState === 'connected') trace.openAt ??= this.#at()
    })
  }

  override setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.#trace.answeredAt = this.#at()
    this.#trace.remote = candidateKinds(description.sdp ?? '')
    this.#trace.initiator = description.type === 'answer'
    return super.setRemoteDescription(description)
  }
}

/** Served beside this file. */
const PACKAGE = '/dist/browser.js' as string
const PACKAGE_FOR_WEBTORRENT = '/dist/webtorrent.browser.js' as string
const WEBTORRENT = '/webtorrent.min.js' as string

const { default: DHT } = (await import(PACKAGE)) as typeof import('../../src/index.js')
const loaded = Math.round(performance.now())

async function loadWebTorrent() {
  const { default: WebTorrent } = (await import(WEBTORRENT)) as {
    default: new (options: object) => TorrentClient
  }
  const { attach } = (await import(PACKAGE_FOR_WEBTORRENT)) as typeof import('../../src/webtorrent/index.js')
  return {
    createClient: () => new WebTorrent({ tracker: false }),
    attach: (client: TorrentClient, dht: AttachableDHT) => {
      attach(client as unknown as WebTorrentClient, dht)
    },
    file: (bytes: Uint8Array<ArrayBuffer>, name: string) => new File([bytes], name)
  }
}

const all = createOperations({
  DHT,
  loadWebTorrent,
  complete: options => options,
  watch: note => {
    for (const event of ['online', 'offline']) addEventListener(event, () => note(event))
  },
  trace: () =>
    traces.map(({ connection, ...trace }) => ({
      ...trace,
      local: candidateKinds(connection.localDescription?.sdp ?? '')
    }))
})
globalThis.operations = {
  ...all,
  times: async () => ({ loaded, isSecure: isSecureContext })
}
