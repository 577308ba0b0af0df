/** The page on another device: by the camera that it has. */

import { isOpenToOthers, pageAddress } from '../model/page-address.js'
import { CopyButton } from './copy-button.js'
import { Fold } from './fold.js'
import { QrCode } from './qr-code.js'

export function DevicePanel() {
  return (
    <Fold
      name="device"
      title="Use a second device"
      hint="A phone or another computer in your network opens this page, and is a node as well."
    >
      {() => (isOpenToOthers() ? <Address /> : <HowTo />)}
    </Fold>
  )
}

function Address() {
  return (
    <div class="device">
      <QrCode text={pageAddress.value} label="QR code of this page" />
      <p class="links">
        <code>{pageAddress.value}</code>
        <CopyButton value={pageAddress.value} label="the address of this page" text="Copy link" />
      </p>
      <p class="muted">Point its camera at the code. Both devices have to be in the same network.</p>
    </div>
  )
}

function HowTo() {
  return (
    <p class="muted">
      The node that served this page listens on this machine alone. End it, start it with{' '}
      <code>npm start -- --host 0.0.0.0</code>, and load this page anew: then a QR code is here.
    </p>
  )
}
