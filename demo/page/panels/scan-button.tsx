/** Reads a QR code with the camera, in a window over the page. */

import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { UserError } from '../model/result.js'
import { scan } from '../model/scanner.js'

interface Props {
  /** What is scanned: `the answer`. */
  label: string
  onText: (text: string) => void
}

export function ScanButton({ label, onText }: Props) {
  const isOpen = useSignal(false)
  return (
    <>
      <button
        type="button"
        aria-label={`Scan ${label}`}
        onClick={() => {
          isOpen.value = true
        }}
      >
        Scan
      </button>
      {isOpen.value && (
        <ScanDialog
          label={label}
          onText={onText}
          onClose={() => {
            isOpen.value = false
          }}
        />
      )}
    </>
  )
}

function ScanDialog({ label, onText, onClose }: Props & { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const video = useRef<HTMLVideoElement>(null)
  const fault = useSignal('')
  const scanInto = async (target: HTMLVideoElement, signal: AbortSignal) => {
    try {
      const text = await scan(target, signal)
      dialog.current?.close()
      onText(text)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof UserError)) throw error
      fault.value = error.message
    }
  }
  useEffect(() => {
    if (!dialog.current || !video.current) return
    const abort = new AbortController()
    dialog.current.showModal()
    void scanInto(video.current, abort.signal)
    return () => abort.abort()
  }, [])
  return (
    <dialog ref={dialog} class="scan" onClose={onClose} aria-label={`Scan ${label}`}>
      <video ref={video} muted playsInline hidden={fault.value !== ''} />
      <p role="status" class={fault.value ? 'is-error' : ''}>
        {fault.value || 'Hold the QR code before the camera.'}
      </p>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  )
}
