/** Magnet links as they are typed, pasted, or given in the page's address. */

import { magnetOf } from '../../torrents.js'
import { isHash } from './info-hash.js'
import { linkTo } from './page-address.js'
import { UserError } from './result.js'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const BASE32_DIGITS = 32
const MAX_NAME = 200

export interface MagnetLink {
  /** Hex. */
  infoHash: string
  /** What it says that it is; '' if it does not. */
  name: string
}

/**
 * Takes a magnet link, a link to this page with one in it, or an info hash. Of a magnet link only the hash and the name are taken:
 * trackers and web servers are left out.
 *
 * @throws UserError
 */
export function readMagnet(typed: string): MagnetLink {
  const text = afterHash(typed.trim())
  if (text === '') throw new UserError('Paste a magnet link, or a link to this page that has one in it.')
  if (isHash(text)) return { infoHash: text.toLowerCase(), name: '' }
  if (!/^magnet:\?/i.test(text)) {
    throw new UserError('That is no magnet link: one begins with “magnet:?xt=urn:btih:”.')
  }
  const parameters = new URLSearchParams(text.slice(text.indexOf('?')))
  const topics = parameters.getAll('xt')
  const topic = topics.find(value => /^urn:btih:/i.test(value))
  if (topic === undefined) {
    const isVersion2 = topics.some(value => /^urn:btmh:/i.test(value))
    throw new UserError(
      isVersion2
        ? 'That magnet link is of version 2 of BitTorrent alone, which WebTorrent does not know.'
        : 'That magnet link has no info hash: “xt=urn:btih:” and 40 hex digits.'
    )
  }
  return {
    infoHash: readTopic(topic.slice('urn:btih:'.length)),
    name: (parameters.get('dn') ?? '').slice(0, MAX_NAME)
  }
}

/** A link to this page that opens it in any browser. */
export function pageLinkOf(link: MagnetLink): string {
  return linkTo(magnetOf(link))
}

/** Of a link to the page, whatever comes after the `#`. */
function afterHash(text: string): string {
  const fragment = /^https?:\/\/[^#]*#(.*)$/is.exec(text)?.[1] ?? text.replace(/^#/, '')
  if (!/^magnet(%3a|:%3f)/i.test(fragment)) return fragment
  try {
    return decodeURIComponent(fragment) // as some programs write links
  } catch {
    return fragment
  }
}

function readTopic(digits: string): string {
  if (isHash(digits)) return digits.toLowerCase()
  if (digits.length === BASE32_DIGITS && /^[a-z2-7]+$/i.test(digits)) return hexOfBase32(digits.toLowerCase())
  throw new UserError(
    `The info hash of that magnet link should have 40 hex digits; it is “${digits.slice(0, 60)}”.`
  )
}

/** 32 digits of five bits each are 40 of four. */
function hexOfBase32(digits: string): string {
  const bits = Array.from(digits, digit => BASE32.indexOf(digit).toString(2).padStart(5, '0')).join('')
  return (bits.match(/.{4}/g) ?? []).map(four => Number.parseInt(four, 2).toString(16)).join('')
}
