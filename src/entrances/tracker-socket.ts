/** The part of a WebSocket that trackers need: the browser's own, or one of the package `ws`. */

export interface TrackerSocket {
  send(text: string): void
  close(): void
  addEventListener(type: 'open', listener: () => void): void
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void
  /** Only `ws` says what went wrong. */
  addEventListener(type: 'error', listener: (event: { error?: unknown }) => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
}

/** The part of the platform that trackers need. */
export interface TrackerPlatform {
  /**
   * Begins to open a WebSocket to a tracker. Listen to it at once.
   *
   * @throws a `DOMException` with the name `SecurityError` where this page may not open it
   */
  openTrackerSocket(url: string): Promise<TrackerSocket>
}

/** Bytes of a message. Where they can be told, longer ones close the socket. */
export const MAX_TRACKER_MESSAGE = 2 ** 16
