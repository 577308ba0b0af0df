import react from '@vitejs/plugin-react'

export default {
  plugins: [react()],
  // The package lies outside of this folder ("file:../.."); one from the registry does not need this.
  server: { fs: { allow: ['../..'] } }
}
