'use client'

import dynamic from 'next/dynamic'

/** Client components run on the server, too, to make the first HTML. This one does not: WebRTC is for the browser. */
export const Readers = dynamic(() => import('./readers-room.js').then(({ ReadersRoom }) => ReadersRoom), {
  ssr: false,
  loading: () => <p>Looking for other readers …</p>
})
