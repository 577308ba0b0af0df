/** Bencode (BEP 3): plain values to bytes, and bytes from strangers to plain values. */

export { type Bencoded, type Dictionary, decode, dictionary, MAX_DEPTH } from './bencode-reader.js'
export { encode } from './bencode-writer.js'
