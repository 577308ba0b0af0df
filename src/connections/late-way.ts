/** A way on which candidates follow their description: the one that the offer took, and its answer back. */

export interface LateWay {
  /**
   * Has the candidates of the other end taken from now on.
   *
   * @param ufrag the `ice-ufrag` of the offer: it names the connection, to both ends
   * @returns a function that ends it
   */
  expect(ufrag: string, take: (lines: readonly string[]) => void): () => void
  /** Sends candidates of this end. Nobody hears whether they arrive. */
  send(ufrag: string, lines: readonly string[]): void
  /** There will be no more of this end. */
  end?(ufrag: string): void
}
