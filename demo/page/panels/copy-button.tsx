/** Copies a text, and says that it did. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

const SHOWN_FOR = 2000

interface Props {
  value: string
  /** What it is. */
  label: string
  /** What the button says. */
  text?: string
}

export function CopyButton({ value, label, text = 'Copy' }: Props) {
  const isCopied = useSignal(false)
  useEffect(() => {
    if (!isCopied.value) return
    const timer = setTimeout(() => {
      isCopied.value = false
    }, SHOWN_FOR)
    return () => clearTimeout(timer)
  }, [isCopied.value])
  const onClick = async () => {
    isCopied.value = await copy(value)
  }
  return (
    <button type="button" class="small copy" onClick={onClick} aria-label={`Copy ${label}`}>
      <span aria-live="polite">{isCopied.value ? 'Copied' : text}</span>
    </button>
  )
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyOldWay(text) // there is no clipboard for pages that came over plain HTTP from another machine
  }
}

function copyOldWay(text: string): boolean {
  const field = document.createElement('textarea')
  field.value = text
  field.style.position = 'fixed'
  const focused = document.activeElement
  document.body.append(field)
  field.select()
  const isCopied = document.execCommand('copy')
  field.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return isCopied
}
