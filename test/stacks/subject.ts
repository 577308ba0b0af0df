/** A node on one implementation of WebRTC, in a process or in a page, and what a test has it do. */

export interface Subject {
  /** In hex, like all ids here. It has joined. */
  readonly id: string
  /** Has the node at which it has joined introduce it to another. @returns who is connected then */
  introduce(id: string): Promise<string>
  /** Waits until it says that it is connected to a node that was introduced to it. */
  met(id: string): Promise<string>
  /** Asks a node over the one at which it has joined. @returns who replies */
  route(id: string): Promise<string>
  /** Dials the node at which it has joined, and says something. @returns what comes back */
  dial(text: string): Promise<string>
  close(): Promise<unknown>
}
