/** The address of this page that goes into links: one that other devices can open, if there is one. */

import { signal } from '@preact/signals'

/** Pages that only this machine has. */
const THIS_MACHINE = /^((.+\.)?localhost|127\.[\d.]+|\[::1\])$/

/** A URL without a fragment. */
export const pageAddress = signal('')

/** Begins with the page's own address; where that is this machine's alone, the node that served it may know a better one. */
export async function learnPageAddress(): Promise<void> {
  pageAddress.value = `${location.origin}${location.pathname}`
  if (isOpenToOthers()) return
  try {
    const response = await fetch('address.json')
    const { url } = (await response.json()) as { url?: unknown }
    if (typeof url === 'string') pageAddress.value = new URL(url).href
  } catch {
    // Served by something else, or by a node that is gone: the page's own address stays.
  }
}

/** Whether another device can open the page there. */
export function isOpenToOthers(): boolean {
  return !THIS_MACHINE.test(new URL(pageAddress.value).hostname)
}

/** @param fragment what the page is to open */
export function linkTo(fragment: string): string {
  return `${pageAddress.value}#${fragment}`
}
