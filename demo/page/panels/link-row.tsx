/** A link to give to others: it can be copied, and taken by the camera of another device. */

import { useSignal } from '@preact/signals'
import { CopyButton } from './copy-button.js'
import { QrCode } from './qr-code.js'

interface Props {
  link: string
  /** What it leads to: `file`, for example. */
  what: string
}

export function LinkRow({ link, what }: Props) {
  const isShown = useSignal(false)
  return (
    <>
      <div class="links">
        <code title={link}>{link}</code>
        <CopyButton value={link} label={`link to the ${what}`} text="Copy link" />
        <button
          type="button"
          class="small"
          aria-expanded={isShown.value}
          aria-label={`QR code of the link to the ${what}`}
          onClick={() => {
            isShown.value = !isShown.value
          }}
        >
          QR code
        </button>
      </div>
      {isShown.value && <QrCode text={link} label={`QR code of the link to the ${what}`} />}
    </>
  )
}
