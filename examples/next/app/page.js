import { Readers } from './readers.js'

/** Rendered on the server, all but the readers. */
export default function Page() {
  return (
    <main>
      <h1>Readers of this page</h1>
      <p>Whoever has this page open is in a room, and the browsers are connected to each other.</p>
      <Readers page="home" />
    </main>
  )
}
