/** What `simple-peer` uses of `get-browser-rtc`: no browser that runs this has prefixes. */

export default () => (globalThis.RTCPeerConnection ? globalThis : null)
