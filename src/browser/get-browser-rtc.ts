/** The part of `get-browser-rtc` that `simple-peer` uses: no browser that runs this has prefixes. */

export default () => (globalThis.RTCPeerConnection ? globalThis : null)
